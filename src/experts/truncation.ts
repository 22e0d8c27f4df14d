import { GatewayError } from '../errors.ts'
import type { Endpoint } from './expert.ts'
import type { Tail } from './tail.ts'

/** Some servers leave out `[DONE]`, some the reason. Of a quoted answer the quotes would stand escaped. */
const DONE = /[\r\n]data: ?\[DONE\]/
const FINISHED = new RegExp(`${DONE.source}|"finish_reason"\\s*:\\s*"[^"]`)

/**
 * A stream that fails at its end when that is no end: an expert whose process is killed behind a proxy may close
 * its stream as cleanly as one that is done.
 */
export const untilFinished = (
  { what, endpoint }: { what: string; endpoint: Endpoint },
  source: AsyncIterator<Buffer>,
  tail: Tail,
): AsyncIterableIterator<Buffer> => {
  const counts = endpoint === 'chat/completions' || endpoint === 'completions'
  return {
    [Symbol.asyncIterator]() {
      return this
    },
    async next() {
      const item = await nextOf(source, counts ? tail : undefined)
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

/** Who has said `[DONE]` may close the connection as badly as it likes: the client has its answer. */
const nextOf = async (source: AsyncIterator<Buffer>, tail: { text(): string } | undefined) => {
  try {
    return await source.next()
  } catch (error) {
    if (tail !== undefined && DONE.test(tail.text())) return { done: true, value: undefined } as const
    throw error
  }
}
