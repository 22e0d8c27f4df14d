import { GatewayError } from '../errors.ts'
import { createWatch } from './watch.ts'

/**
 * Limits the silence between two items of a source. Only the time in which an item is waited for counts: a reader
 * that takes its time is no fault of the source. Giving the source up must end a wait for its next item.
 */
export const idle = <T>(source: AsyncIterator<T>, idleMs: number, what: string): AsyncIterableIterator<T> => {
  let silent: GatewayError | undefined
  const watch = createWatch(idleMs, () => {
    silent = new GatewayError('expert_timeout', `${what} fell silent for ${idleMs / 1000} s.`)
    void source.return?.()
  })
  return {
    [Symbol.asyncIterator]() {
      return this
    },
    async next() {
      watch.wait()
      try {
        const item = await source.next()
        if (silent !== undefined) throw silent
        if (item.done) watch.stop()
        else watch.rest()
        return item
      } catch (error) {
        watch.stop()
        throw silent ?? error
      }
    },
    async return() {
      watch.stop()
      await source.return?.()
      return { done: true, value: undefined }
    },
  }
}
