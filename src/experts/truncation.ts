import { GatewayError } from '../errors.ts'
import type { Endpoint } from './expert.ts'
import { tailOf } from './tail.ts'

/** Some servers leave out `[DONE]`, some the reason. Of a quoted answer the quotes would stand escaped. */
const FINISHED = /[\r\n]data: ?\[DONE\]|"finish_reason"\s*:\s*"[^"]/

/**
 * The rest of a stream, which fails at its end when that is no end: an expert whose process is killed behind a proxy
 * may close its stream as cleanly as one that is done.
 */
export const untilFinished = (
  what: string,
  endpoint: Endpoint,
  head: Buffer,
  source: AsyncIterator<Buffer>,
): AsyncIterableIterator<Buffer> => {
  const tail = tailOf(head)
  const counts = endpoint === 'chat/completions' || endpoint === 'completions'
  return {
    [Symbol.asyncIterator]() {
      return this
    },
    async next() {
      const item = await source.next()
      if (!item.done) tail.add(item.value)
      else if (counts && !FINISHED.test(tail.text())) {
        throw new GatewayError('expert_truncated', `${what} ended its stream in the middle of its answer.`)
      }
      return item
    },
    async return() {
      await source.return?.()
      return { done: true, value: undefined }
    },
  }
}
