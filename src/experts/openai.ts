import { type Dispatcher, Pool } from 'undici'
import { describe, GatewayError } from '../errors.ts'
import { breaker } from '../resilience/breaker.ts'
import { bulkhead } from '../resilience/bulkhead.ts'
import { compose } from '../resilience/policy.ts'
import { retry } from '../resilience/retry.ts'
import { timeout } from '../resilience/timeout.ts'
import type { Answer, Ask, Expert } from './expert.ts'
import { held } from './held.ts'
import { rejection } from './rejection.ts'
import { firstEvent } from './sse.ts'

export type RemoteDefinition = {
  readonly url: string
  readonly model: string
  readonly key?: string | undefined
  readonly timeout: number
  readonly idle: number
  readonly concurrency: number
  readonly queue: number
  /** Whether the endpoint takes a JSON schema for its answer; only the classifier asks for one. */
  readonly structured?: boolean | undefined
}

/** An answer that is not streamed is held until it is whole, up to this size. */
const MAX_WHOLE_BYTES = 64 * 1024 * 1024
/** The first event of a stream may be this long. */
const MAX_HEAD_BYTES = 8 * 1024 * 1024
const CONNECT_TIMEOUT_MS = 5_000

/** A model behind an OpenAI-compatible URL: its bytes in, its bytes out. */
export const createOpenAiExpert = (id: string, definition: RemoteDefinition): Expert => {
  const what = `Expert "${id}"`
  const base = new URL(definition.url)
  const path = base.pathname.replace(/\/+$/, '')
  const pool = new Pool(base.origin, {
    connections: definition.concurrency,
    // The policies below have the deadlines; the pool's own would cut in from the side.
    headersTimeout: 0,
    bodyTimeout: definition.idle,
    connect: { timeout: CONNECT_TIMEOUT_MS },
  })
  const places = bulkhead({ concurrency: definition.concurrency, queue: definition.queue, what })
  const guard = breaker({ threshold: 5, cooldownMs: 10_000, what })
  // The breaker is outermost: inside the deadline, it would take a timeout for a client that left.
  const policy = compose(
    guard.policy,
    timeout(definition.timeout, what),
    retry({ retries: 1, baseDelayMs: 100, maxDelayMs: 1_000 }),
  )

  const send = async (ask: Ask, signal: AbortSignal): Promise<Answer> => {
    const response = await pool.request({
      method: 'POST',
      path: `${path}/${ask.endpoint}${base.search}`,
      headers: requestHeaders(definition, ask),
      body: ask.bodyFor(definition.model),
      signal,
    })
    return await receive(what, ask, response)
  }
  const attempt = (ask: Ask) => async (signal: AbortSignal) => {
    const leave = await places.enter(signal)
    try {
      const answer = await send(ask, signal)
      if (answer.kind === 'whole') leave()
      return answer.kind === 'whole' ? answer : { ...answer, rest: held(answer.rest, leave) }
    } catch (error) {
      leave()
      throw signal.aborted ? signal.reason : translate(what, error)
    }
  }
  return {
    id,
    answer: (ask, signal) => policy(attempt(ask))(signal),
    health: () => ({ breaker: guard.state().kind, inFlight: places.inFlight(), queued: places.queued() }),
    close: () => void pool.close().catch(() => undefined),
  }
}

/** The client's own key never travels; an expert is asked not to compress, so that its bytes can be relayed. */
const requestHeaders = (definition: RemoteDefinition, ask: Ask): Record<string, string> => ({
  ...ask.headers,
  'content-type': 'application/json',
  accept: ask.stream ? 'text/event-stream' : 'application/json',
  'accept-encoding': 'identity',
  'x-request-id': ask.requestId,
  'x-coe-hop': String(ask.hop),
  ...(definition.key === undefined || definition.key === ''
    ? {}
    : { authorization: `Bearer ${definition.key}` }),
})

const receive = async (what: string, ask: Ask, response: Dispatcher.ResponseData): Promise<Answer> => {
  const { statusCode, headers, body } = response
  if (statusCode < 200 || statusCode > 299) throw await rejection(what, response)
  const type = single(headers['content-type']) ?? ''
  const encoding = single(headers['content-encoding']) ?? 'identity'
  const expected = ask.stream ? 'text/event-stream' : 'json'
  if (!type.includes(expected) || encoding !== 'identity') {
    body.on('error', () => undefined).destroy()
    const got = encoding === 'identity' ? type || 'no content type' : `${type} compressed with ${encoding}`
    throw new GatewayError('expert_invalid_response', `${what} answered ${got} where ${expected} was due.`)
  }
  const relayed = relayedHeaders(headers)
  return ask.stream
    ? { kind: 'stream', headers: relayed, ...(await begin(what, body)) }
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
  if (
    !/^\s*\{/.test(all.toString('latin1', 0, 64)) ||
    !/\}\s*$/.test(all.toString('latin1', all.length - 64))
  ) {
    throw new GatewayError('expert_invalid_response', `${what} answered something that is no JSON object.`)
  }
  return all
}

/** Waits for the first event: until it is here another expert can still answer in this one's place. */
const begin = async (what: string, body: AsyncIterable<Buffer>) => {
  const source = body[Symbol.asyncIterator]()
  let head: Buffer = Buffer.alloc(0)
  for (;;) {
    const { done, value } = await source.next()
    if (done)
      throw new GatewayError('expert_invalid_response', `${what} ended its stream before the first event.`)
    head = Buffer.concat([head, value])
    const first = firstEvent(head)
    if (first !== undefined) {
      if (/^\s*\{\s*"error"\s*:\s*[^n\s]/.test(first.data)) {
        await source.return?.()
        throw new GatewayError('expert_unavailable', `${what} began its stream with an error.`)
      }
      return { head, rest: held(source, () => undefined) }
    }
    if (head.length > MAX_HEAD_BYTES) {
      await source.return?.()
      throw new GatewayError('expert_invalid_response', `${what} streams without ever ending an event.`)
    }
  }
}

const translate = (what: string, error: unknown): GatewayError =>
  error instanceof GatewayError
    ? error
    : new GatewayError('expert_unavailable', `${what} cannot be reached: ${describe(error)}.`, {
        cause: error,
      })
