import { GatewayError } from '../errors.ts'
import type { Flow } from '../resilience/flow.ts'
import { idle } from '../resilience/idle.ts'
import type { Response, ResponseBody, ResponseHeaders } from './exchange.ts'
import type { Answer, Ask } from './expert.ts'
import { rejection, withoutSecrets } from './rejection.ts'
import { createHead, meaningOf } from './sse.ts'
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

/**
 * An expert's response as an answer. Everything that is wrong with it by now can still be made good elsewhere. Of a short
 * one all is here already, and nobody has to wait.
 */
export const receive = (asked: Asked, response: Response): Answer | Promise<Answer> => {
  const { what, secrets, ask } = asked
  const { statusCode, headers, body } = response
  if (statusCode < 200 || statusCode > 299) return rejected(asked, response)
  const type = single(headers['content-type']) ?? ''
  const encoding = single(headers['content-encoding']) ?? 'identity'
  const plain = encoding.toLowerCase() === 'identity'
  const expected = ask.stream ? 'text/event-stream' : 'json'
  if (!type.toLowerCase().includes(expected) || !plain) {
    body.destroy()
    const got = plain ? type || 'no content type' : `${type} compressed with ${encoding}`
    throw new GatewayError(
      'expert_invalid_response',
      `${what} answered ${withoutSecrets(got, secrets)} where ${expected} was due.`,
    )
  }
  const relayed = relayedHeaders(headers)
  if (ask.stream) return streamed(asked, relayed, body)
  const all = body.whole(MAX_WHOLE_BYTES)
  return all instanceof Promise ? all.then(bytes => whole(what, relayed, bytes)) : whole(what, relayed, all)
}

const rejected = async ({ what, secrets }: Asked, response: Response): Promise<Answer> => {
  throw await rejection(what, secrets, response)
}

const single = (value: string | string[] | undefined) => (Array.isArray(value) ? value[0] : value)

const RELAYED = ['content-type', 'openai-model', 'openai-processing-ms', 'openai-version']

/** Of an expert's headers, those that mean something to a client: never cookies, never hop-by-hop. */
const relayedHeaders = (headers: ResponseHeaders): Record<string, string> => {
  const relayed: Record<string, string> = {}
  for (const name of RELAYED) {
    const text = single(headers[name])
    if (text !== undefined) relayed[name] = text
  }
  return relayed
}

const whole = (what: string, headers: Answer['headers'], all: Buffer | undefined): Answer => {
  if (all === undefined) throw new GatewayError('expert_invalid_response', `${what} answered without end.`)
  const usage = all.length > MAX_PARSED_BYTES ? skimmed(all) : parsed(what, all)
  if (usage === undefined) {
    throw new GatewayError('expert_invalid_response', `${what} answered something that is no JSON object.`)
  }
  return { kind: 'whole', headers, body: all, usage }
}

/** Undefined for what is no JSON object. */
const parsed = (what: string, bytes: Buffer): Answer['usage'] | undefined => {
  const value = jsonOf(bytes)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  // Some proxies say 200 whatever becomes of the request. A failed object of the Responses API has more than that.
  const onlyError = 'error' in value && value.error != null && !('choices' in value) && !('object' in value)
  if (onlyError) throw new GatewayError('expert_unavailable', `${what} answered 200 with an error.`)
  const usage = toUsage('usage' in value ? value.usage : undefined)
  return () => usage
}

const jsonOf = (bytes: Buffer): unknown => {
  try {
    return JSON.parse(bytes.toString('utf8'))
  } catch {
    return undefined
  }
}

const skimmed = (bytes: Buffer): Answer['usage'] | undefined =>
  hasBraces(bytes) ? () => usageIn(tailOf(bytes).text()) : undefined

const hasBraces = (bytes: Buffer): boolean =>
  /^\s*\{/.test(bytes.toString('latin1', 0, 64)) && /\}\s*$/.test(bytes.toString('latin1', bytes.length - 64))

/** Waits for the first event: until it is here another expert can still answer in this one's place. */
const streamed = async (
  { what, ask, idleMs }: Asked,
  headers: Answer['headers'],
  body: ResponseBody,
): Promise<Answer> => {
  // Before the first byte there is the deadline alone: a model may think long before it says anything.
  const item = await body.next()
  if (item.done) throw noEvent(what)
  const source = idle(body.flow(), idleMs, what)
  const head = await headOf(what, item.value, source)
  const tail = tailOf(head)
  const rest = untilFinished({ what, endpoint: ask.endpoint }, source, tail)
  return { kind: 'stream', headers, head, rest, usage: () => usageIn(tail.text()) }
}

/** Everything up to and including the chunk that completes the first event; what follows waits. */
const headOf = (what: string, first: Buffer, source: Flow): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    const head = createHead()
    /** Whether that was all that is wanted of it here. */
    const take = (chunk: Uint8Array): boolean => {
      const event = head.add(chunk)
      const meaning = event === undefined ? 'none yet' : meaningOf(event)
      const bytes = head.bytes()
      if (meaning === 'answer') resolve(bytes)
      else if (meaning === 'none yet' && bytes.length <= MAX_HEAD_BYTES) return false
      else {
        source.stop()
        reject(badBeginning(what, meaning))
      }
      return true
    }
    if (take(first)) return
    const data = (chunk: Uint8Array) => {
      if (take(chunk)) source.pause()
    }
    source.to({ data, end: () => reject(noEvent(what)), fail: reject })
  })

const noEvent = (what: string) =>
  new GatewayError('expert_invalid_response', `${what} ended its stream before the first event.`)

const badBeginning = (what: string, meaning: 'error' | 'nonsense' | 'none yet') =>
  meaning === 'error'
    ? new GatewayError('expert_unavailable', `${what} began its stream with an error.`)
    : new GatewayError(
        'expert_invalid_response',
        meaning === 'nonsense'
          ? `${what} began its stream with something that is no JSON object.`
          : `${what} streams without ever ending an event.`,
      )
