/** Nothing that is announced has more than three words: a list of them would be made for each. */
type Listener<T> = { [Name in keyof T]: ((first: never, second: never, third: never) => unknown) | undefined }

/**
 * One listener that tells several. One of them failing is nobody else's business, least of all the request's.
 */
export const fanOut = <T extends Listener<T>>(listeners: readonly [T, ...Partial<T>[]]): T => {
  const names = [...new Set(listeners.flatMap(listener => Object.keys(listener)))] as (keyof T)[]
  return Object.fromEntries(names.map(name => [name, tellerOf(listeners, name)])) as object as T
}

type Listen = (first: unknown, second: unknown, third: unknown) => unknown

const tellerOf = <T extends object>(listeners: readonly Partial<T>[], name: keyof T): Listen => {
  const all = listeners.flatMap(listener => (listener[name] as Listen | undefined) ?? [])
  return (first, second, third) => {
    for (const listen of all) {
      try {
        listen(first, second, third)
      } catch {
        // A broken listener must not break what it listens to.
      }
    }
  }
}
