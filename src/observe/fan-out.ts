/**
 * One listener that tells several. One of them failing is nobody else's business, least of all the request's.
 */
export const fanOut = <T extends object>(listeners: readonly [T, ...Partial<T>[]]): T => {
  const names = [...new Set(listeners.flatMap(listener => Object.keys(listener)))] as (keyof T)[]
  return Object.fromEntries(names.map(name => [name, tellerOf(listeners, name)])) as T
}

const tellerOf =
  <T extends object>(listeners: readonly Partial<T>[], name: keyof T) =>
  (...given: unknown[]) => {
    for (const listener of listeners) tell(listener[name], given)
  }

const tell = (listen: unknown, given: unknown[]) => {
  try {
    if (typeof listen === 'function') listen(...given)
  } catch {
    // A broken listener must not break what it listens to.
  }
}
