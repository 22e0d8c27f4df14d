import { GatewayError } from '../errors.ts'
import type { Endpoint } from './expert.ts'

/** What follows the last word is short: a reason, the usage, `[DONE]`; some experts add their sources. */
const TAIL_BYTES = 32 * 1024

/** Some servers leave out `[DONE]`, some the reason. Of a quoted answer the quotes would stand escaped. */
const DONE = /[\r\n]data: ?\[DONE\]/
const FINISHED = new RegExp(`${DONE.source}|"finish_reason"\\s*:\\s*"[^"]`)

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

/** Whole chunks, as many as it takes: nothing is copied or read before the end. */
const tailOf = (head: Buffer) => {
  // An answer may be one line, at the very beginning.
  const chunks = [Buffer.from('\n'), head]
  let size = head.length + 1
  return {
    add(chunk: Buffer) {
      chunks.push(chunk)
      size += chunk.length
      for (let first = chunks[0]; first && size - first.length >= TAIL_BYTES; first = chunks[0]) {
        chunks.shift()
        size -= first.length
      }
    },
    text: () => Buffer.concat(chunks).toString('latin1'),
  }
}
