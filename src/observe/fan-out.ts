/**
 * One listener that tells several. One of them failing is nobody else's business, least of all the request's.
 */
export const fanOut = <T extends object>(listeners: readonly [T, ...Partial<T>[]]): T =>
  new Proxy(listeners[0], {
    get:
      (_first, name: keyof T & string) =>
      (...given: unknown[]) => {
        for (const listener of listeners) tell(listener[name], given)
      },
  })

const tell = (listen: unknown, given: unknown[]) => {
  try {
    if (typeof listen === 'function') listen(...given)
  } catch {
    // A broken listener must not break what it listens to.
  }
}
