import { Pool } from 'undici'
import { GatewayError } from '../errors.ts'
import { held } from '../resilience/flow.ts'
import { createCondition } from './condition.ts'
import { exchange } from './exchange.ts'
import { type Answer, type Ask, ENDPOINTS, type Endpoint, type Expert } from './expert.ts'
import { createPolicies } from './policies.ts'
import { receive } from './receive.ts'
import { secretsOf } from './rejection.ts'
import { unreachable } from './unreachable.ts'

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

const CONNECT_TIMEOUT_MS = 5_000
/** Where the deadline of the whole is shorter, it comes first: the client is told of one thing, not of either. */
const connectTimeoutOf = (deadline: number) =>
  deadline > CONNECT_TIMEOUT_MS ? CONNECT_TIMEOUT_MS : deadline + 1_000

/** A model behind an OpenAI-compatible URL: its bytes in, its bytes out. */
export const createOpenAiExpert = (
  id: string,
  definition: RemoteDefinition,
  condition = createCondition(id),
): Expert => {
  const { what, guard } = condition
  const base = new URL(definition.url)
  const secrets = secretsOf(base, definition.key)
  const { search } = base
  const fixed = fixedHeaders(definition)
  const path = base.pathname.replace(/\/+$/, '')
  const pathOf = Object.fromEntries(
    ENDPOINTS.map(endpoint => [endpoint, `${path}/${endpoint}${search}`]),
  ) as Record<Endpoint, string>
  const pool = new Pool(base.origin, {
    connections: definition.concurrency,
    // The policies below have the deadlines; the pool's own would cut in from the side.
    headersTimeout: 0,
    bodyTimeout: 0,
    // A connection that is still being made holds its place, also when nobody waits for it any more.
    connect: { timeout: connectTimeoutOf(definition.timeout) },
  })
  const { places, policy } = createPolicies(definition, condition)

  const answer = policy(async (signal: AbortSignal, ask: Ask) => {
    const leave = await places.enter(signal)
    try {
      const sent = {
        path: pathOf[ask.endpoint],
        headers: requestHeaders(fixed, ask),
        body: ask.bodyFor(definition.model),
      }
      const response = await exchange(pool, sent, signal)
      const received = receive({ what, secrets, idleMs: definition.idle, ask }, response)
      return keeping(received instanceof Promise ? await received : received, leave)
    } catch (error) {
      leave()
      throw signal.aborted ? signal.reason : translate(what, secrets, error)
    }
  })
  return {
    id,
    about: { kind: 'openai', origin: base.origin, model: definition.model },
    answer: (ask, signal) => answer(signal, ask),
    health: () => ({
      breaker: guard.state().kind,
      inFlight: places.inFlight(),
      queued: places.queued(),
      draining: places.isDraining(),
    }),
    drain: places.drain,
    close: () => void pool.close().catch(() => undefined),
  }
}

/** A stream keeps its place to its end. */
const keeping = (answer: Answer, leave: () => void): Answer => {
  if (answer.kind === 'stream') return { ...answer, rest: held(answer.rest, leave) }
  leave()
  return answer
}

/** The client's own key never travels; an expert is asked not to compress, so that its bytes can be relayed. */
const fixedHeaders = ({ key }: RemoteDefinition): readonly string[] => [
  ...['content-type', 'application/json', 'accept-encoding', 'identity'],
  ...(key === undefined || key === '' ? [] : ['authorization', `Bearer ${key}`]),
]

const requestHeaders = (fixed: readonly string[], { headers, stream, requestId, hop }: Ask): string[] => {
  const accept = stream ? 'text/event-stream' : 'application/json'
  const all = [...fixed, 'accept', accept, 'x-request-id', requestId, 'x-coe-hop', String(hop)]
  for (const name in headers) all.push(name, headers[name] as string)
  return all
}

const translate = (what: string, secrets: readonly string[], error: unknown): GatewayError =>
  error instanceof GatewayError ? error : unreachable(what, secrets, error)
