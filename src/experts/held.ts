/**
 * Runs `done` once when the source has ended, failed or been given up, also when it was never begun: a generator's
 * `finally` would not run in that last case, and a connection would be held for ever.
 */
export const held = <T>(source: AsyncIterator<T>, done: () => void): AsyncIterableIterator<T> => {
  let over = false
  const finish = () => {
    if (over) return
    over = true
    done()
  }
  return {
    [Symbol.asyncIterator]() {
      return this
    },
    async next() {
      if (over) return { done: true, value: undefined }
      try {
        const item = await source.next()
        if (item.done) finish()
        return item
      } catch (error) {
        finish()
        throw error
      }
    },
    async return() {
      finish()
      await source.return?.()
      return { done: true, value: undefined }
    },
  }
}
