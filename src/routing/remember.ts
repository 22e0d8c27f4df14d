import { LRUCache } from 'lru-cache'

export type Remember<T> = {
  /** The remembered value, if there is one: of most questions that is all. */
  known(key: string): T | undefined
  /** The remembered value; or the one being computed for somebody else; or a new one. */
  get(
    key: string,
    compute: (signal: AbortSignal) => Promise<T>,
    signal: AbortSignal,
  ): Promise<{ value: T; remembered: boolean }>
  size(): number
}

type InFlight<T> = { readonly work: Promise<T>; readonly controller: AbortController; waiting: number }

/**
 * Remembers what is worth it and lets the same question wait for the same answer. The work is given up only when
 * the last of those who wait has left, never because the first did.
 */
export const createRemember = <T extends object>(
  max: number,
  isWorthIt: (value: T) => boolean,
): Remember<T> => {
  const known = new LRUCache<string, T>({ max })
  const inFlight = new Map<string, InFlight<T>>()

  const begin = (key: string, compute: (signal: AbortSignal) => Promise<T>): InFlight<T> => {
    const controller = new AbortController()
    const work = compute(controller.signal).then(value => {
      if (isWorthIt(value)) known.set(key, value)
      return value
    })
    const entry = { work, controller, waiting: 0 }
    inFlight.set(key, entry)
    const forget = () => {
      if (inFlight.get(key) === entry) inFlight.delete(key)
    }
    work.then(forget, forget)
    return entry
  }

  return {
    known: key => known.get(key),
    async get(key, compute, signal) {
      const remembered = known.get(key)
      if (remembered !== undefined) return { value: remembered, remembered: true }
      const joined = inFlight.get(key)
      const entry = joined ?? begin(key, compute)
      entry.waiting++
      try {
        return { value: await untilLeft(entry.work, signal), remembered: joined !== undefined }
      } finally {
        entry.waiting--
        if (entry.waiting === 0 && signal.aborted) {
          inFlight.delete(key)
          entry.controller.abort(signal.reason)
        }
      }
    },
    size: () => known.size,
  }
}

/** A memory for each of what it is about, gone when that is. */
export const createMemories = <Of extends object, T extends object>(
  max: number,
  isWorthIt: (value: T) => boolean,
): ((of: Of) => Remember<T>) => {
  const memories = new WeakMap<Of, Remember<T>>()
  return of => {
    const known = memories.get(of)
    if (known !== undefined) return known
    const memory = createRemember(max, isWorthIt)
    memories.set(of, memory)
    return memory
  }
}

const untilLeft = <T>(work: Promise<T>, signal: AbortSignal): Promise<T> =>
  new Promise((resolve, reject) => {
    const leave = () => reject(signal.reason)
    if (signal.aborted) return leave()
    signal.addEventListener('abort', leave, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', leave))
  })
