export type Lease<T> = { readonly value: T; release(): void }

export type Leases<T> = {
  /** The thing of that key, made if nobody holds it yet. A failed making is forgotten. */
  take(key: string, make: () => Promise<T>): Promise<Lease<T>>
  /** Those held now, for health and metrics. */
  held(): readonly T[]
}

type Entry<T> = { readonly made: Promise<T>; value: T | undefined; holders: number }

/** Things that several generations may share, ended when the last holder lets go: workers, connections. */
export const createLeases = <T>(end: (value: T) => void): Leases<T> => {
  const entries = new Map<string, Entry<T>>()

  const letGo = (key: string, entry: Entry<T>) => {
    entry.holders--
    if (entry.holders > 0) return
    if (entries.get(key) === entry) entries.delete(key)
    if (entry.value !== undefined) end(entry.value)
  }
  const enter = (key: string, make: () => Promise<T>): Entry<T> => {
    const known = entries.get(key)
    if (known !== undefined) {
      known.holders++
      return known
    }
    const entry: Entry<T> = { made: make(), value: undefined, holders: 1 }
    entries.set(key, entry)
    return entry
  }

  return {
    async take(key, make) {
      const entry = enter(key, make)
      try {
        const value = await entry.made
        entry.value = value
        let released = false
        return {
          value,
          release: () => {
            if (!released) letGo(key, entry)
            released = true
          },
        }
      } catch (error) {
        letGo(key, entry)
        throw error
      }
    },
    held: () => [...entries.values()].flatMap(entry => (entry.value === undefined ? [] : [entry.value])),
  }
}
