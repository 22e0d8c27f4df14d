import type { Lease } from '../leases.ts'

/** What can be let go of when nobody uses it any more. */
type Releasable = { release(): void }

export type Live<T> = {
  current(): T
  /** The value of this moment, alive until it is released: once, by whoever holds it. */
  hold(): Lease<T>
  /** Hands out the value of this moment and keeps it alive until the work has settled. */
  use<R>(work: (value: T) => Promise<R>): Promise<R>
  /**
   * Prepares a new value and puts it in place of the old one, which is released when its last user is done.
   * Replacements queue; one that fails, or has nothing new to offer, changes nothing.
   */
  replace(prepare: (current: T) => Promise<T | undefined>): Promise<{ value: T; replaced: boolean }>
  close(): Promise<void>
}

export const createLive = <T extends Releasable>(initial: T): Live<T> => {
  let generation = { value: initial, users: 0, retired: false }
  let queue: Promise<unknown> = Promise.resolve()

  const retire = (old: typeof generation) => {
    old.retired = true
    if (old.users === 0) old.value.release()
  }
  const hold = () => {
    const mine = generation
    mine.users++
    const release = () => {
      mine.users--
      if (mine.retired && mine.users === 0) mine.value.release()
    }
    return { value: mine.value, release }
  }
  return {
    current: () => generation.value,
    hold,
    async use(work) {
      const { value, release } = hold()
      try {
        return await work(value)
      } finally {
        release()
      }
    },
    replace(prepare) {
      const next = queue.then(async () => {
        const prepared = await prepare(generation.value)
        if (prepared === undefined) return { value: generation.value, replaced: false }
        const old = generation
        generation = { value: prepared, users: 0, retired: false }
        retire(old)
        return { value: prepared, replaced: true }
      })
      queue = next.catch(() => undefined)
      return next
    },
    async close() {
      await queue
      if (!generation.retired) retire(generation)
    },
  }
}
