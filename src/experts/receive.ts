import type { Readable } from 'node:stream'
import type { Dispatcher } from 'undici'
import { GatewayError } from '../errors.ts'
import { idle } from '../resilience/idle.ts'
import { chunksOf } from './chunks.ts'
import type { Answer, Ask } from './expert.ts'
import { rejection, withoutSecrets } from './rejection.ts'
import { endsLine, firstEvent, isError } from './sse.ts'
import { tailOf } from './tail.ts'
import { untilFinished } from './truncation.ts'
import { toUsage, usageIn } from './usage.ts'

/** Who was asked for what: the secrets only so that they are never repeated to a client. */
export type Asked = {
  readonly what: string
  readonly secrets: readonly string[]
  /** The longest silence between two chunks of a stream. */
  readonly idleMs: number
  readonly ask: Ask
}

/** An answer that is not streamed is held until it is whole, up to this size. */
const MAX_WHOLE_BYTES = 64 * 1024 * 1024
/** Up to here an answer is read as JSON; of a longer one, which would hold up the others, only the braces are. */
const MAX_PARSED_BYTES = 4 * 1024 * 1024
/** The first event of a stream may be this long. */
const MAX_HEAD_BYTES = 8 * 1024 * 1024

/** An expert's response as an answer. Everything that is wrong with it by now can still be made good elsewhere. */
export const receive = async (asked: Asked, response: Dispatcher.ResponseData): Promise<Answer> => {
  const { what, secrets, ask } = asked
  const { statusCode, headers, body } = response
  if (statusCode < 200 || statusCode > 299) throw await rejection(what, secrets, response)
  const type = single(headers['content-type']) ?? ''
  const encoding = single(headers['content-encoding']) ?? 'identity'
  const plain = encoding.toLowerCase() === 'identity'
  const expected = ask.stream ? 'text/event-stream' : 'json'
  if (!type.toLowerCase().includes(expected) || !plain) {
    body.on('error', () => undefined).destroy()
    const got = plain ? type || 'no content type' : `${type} compressed with ${encoding}`
    throw new GatewayError(
      'expert_invalid_response',
      `${what} answered ${withoutSecrets(got, secrets)} where ${expected} was due.`,
    )
  }
  const relayed = relayedHeaders(headers)
  return ask.stream
    ? { kind: 'stream', headers: relayed, ...(await begin(asked, body)) }
    : { kind: 'whole', headers: relayed, ...(await whole(what, body)) }
}

const single = (value: string | string[] | undefined) => (Array.isArray(value) ? value[0] : value)

/** Of an expert's headers, those that mean something to a client: never cookies, never hop-by-hop. */
const relayedHeaders = (headers: Dispatcher.ResponseData['headers']): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) => {
      const text = single(value)
      return text !== undefined && /^(content-type|openai-(model|processing-ms|version))$/.test(name)
        ? [[name, text]]
        : []
    }),
  )

const whole = async (
  what: string,
  body: AsyncIterable<Buffer>,
): Promise<Pick<Answer, 'usage'> & { body: Buffer }> => {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of body) {
    size += chunk.length
    if (size > MAX_WHOLE_BYTES)
      throw new GatewayError('expert_invalid_response', `${what} answered without end.`)
    chunks.push(chunk)
  }
  const all = Buffer.concat(chunks)
  const usage = all.length > MAX_PARSED_BYTES ? skimmed(all) : parsed(all)
  if (usage === undefined) {
    throw new GatewayError('expert_invalid_response', `${what} answered something that is no JSON object.`)
  }
  return { body: all, usage }
}

/** Undefined for what is no JSON object. */
const parsed = (bytes: Buffer): Answer['usage'] | undefined => {
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8'))
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
    const usage = toUsage((value as { usage?: unknown }).usage)
    return () => usage
  } catch {
    return undefined
  }
}

const skimmed = (bytes: Buffer): Answer['usage'] | undefined =>
  hasBraces(bytes) ? () => usageIn(tailOf(bytes).text()) : undefined

const hasBraces = (bytes: Buffer): boolean =>
  /^\s*\{/.test(bytes.toString('latin1', 0, 64)) && /\}\s*$/.test(bytes.toString('latin1', bytes.length - 64))

/** Waits for the first event: until it is here another expert can still answer in this one's place. */
const begin = async ({ what, ask, idleMs }: Asked, body: Readable) => {
  const chunks = chunksOf(body)
  // Before the first byte there is the deadline alone: a model may think long before it says anything.
  let item = await chunks.next()
  const source = idle(chunks, idleMs, what)
  let parts: Buffer[] = []
  let size = 0
  for (; !item.done; item = await source.next()) {
    parts.push(item.value)
    size += item.value.length
    // Only the end of a line can end an event: a long one is put together once.
    const head = endsLine(item.value) ? Buffer.concat(parts) : undefined
    const first = head && firstEvent(head)
    if (head !== undefined && first !== undefined && !isError(first)) {
      const tail = tailOf(head)
      const rest = untilFinished({ what, endpoint: ask.endpoint }, source, tail)
      return { head, rest, usage: () => usageIn(tail.text()) }
    }
    if (first !== undefined || size > MAX_HEAD_BYTES) {
      await source.return?.()
      throw first === undefined
        ? new GatewayError('expert_invalid_response', `${what} streams without ever ending an event.`)
        : new GatewayError('expert_unavailable', `${what} began its stream with an error.`)
    }
    if (head !== undefined) parts = [head]
  }
  throw new GatewayError('expert_invalid_response', `${what} ended its stream before the first event.`)
}
