import type { Dispatcher } from 'undici'
import { GatewayError } from '../errors.ts'
import type { Answer, Ask } from './expert.ts'
import { rejection, withoutSecrets } from './rejection.ts'
import { firstEvent, isError } from './sse.ts'
import { untilFinished } from './truncation.ts'

/** Who was asked for what: the secrets only so that they are never repeated to a client. */
export type Asked = { readonly what: string; readonly secrets: readonly string[]; readonly ask: Ask }

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
    : { kind: 'whole', headers: relayed, body: await whole(what, body) }
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

const whole = async (what: string, body: AsyncIterable<Buffer>): Promise<Buffer> => {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of body) {
    size += chunk.length
    if (size > MAX_WHOLE_BYTES)
      throw new GatewayError('expert_invalid_response', `${what} answered without end.`)
    chunks.push(chunk)
  }
  const all = Buffer.concat(chunks)
  if (!(all.length > MAX_PARSED_BYTES ? hasBraces(all) : isObject(all))) {
    throw new GatewayError('expert_invalid_response', `${what} answered something that is no JSON object.`)
  }
  return all
}

const isObject = (bytes: Buffer): boolean => {
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8'))
    return typeof value === 'object' && value !== null && !Array.isArray(value)
  } catch {
    return false
  }
}

const hasBraces = (bytes: Buffer): boolean =>
  /^\s*\{/.test(bytes.toString('latin1', 0, 64)) && /\}\s*$/.test(bytes.toString('latin1', bytes.length - 64))

/** Waits for the first event: until it is here another expert can still answer in this one's place. */
const begin = async ({ what, ask }: Asked, body: AsyncIterable<Buffer>) => {
  const source = body[Symbol.asyncIterator]()
  let head: Buffer = Buffer.alloc(0)
  for (;;) {
    const { done, value } = await source.next()
    if (done)
      throw new GatewayError('expert_invalid_response', `${what} ended its stream before the first event.`)
    head = Buffer.concat([head, value])
    const first = firstEvent(head)
    if (first !== undefined && !isError(first)) {
      return { head, rest: untilFinished(what, ask.endpoint, head, source) }
    }
    if (first !== undefined || head.length > MAX_HEAD_BYTES) {
      await source.return?.()
      throw first === undefined
        ? new GatewayError('expert_invalid_response', `${what} streams without ever ending an event.`)
        : new GatewayError('expert_unavailable', `${what} began its stream with an error.`)
    }
  }
}
