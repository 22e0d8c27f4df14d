import { GatewayError, toGatewayError } from '../errors.ts'
import type { Answer, Ask, Expert } from '../experts/expert.ts'
import type { Events } from './events.ts'

export type Called = {
  readonly answer: Answer
  readonly expert: string
  /** Experts tried, in order, the one that answered last. */
  readonly tried: readonly string[]
  /** Time spent waiting on experts, the failed ones included. */
  readonly expertMs: number
}

export type Failure = { readonly expert: string; readonly error: GatewayError }

/** Asks one after the other until one answers. What the client itself did wrong ends the search. */
export const callExperts = async (
  experts: readonly Expert[],
  ask: Ask,
  events: Events,
  signal: AbortSignal,
): Promise<Called> => {
  const failures: Failure[] = []
  let expertMs = 0
  for (const expert of experts) {
    const began = performance.now()
    events.expertAsked?.(expert)
    try {
      const answer = await expert.answer(ask, signal)
      const ms = performance.now() - began
      events.expertAnswered(expert.id, ms)
      const tried = [...failures.map(failure => failure.expert), expert.id]
      return { answer, expert: expert.id, tried, expertMs: expertMs + ms }
    } catch (thrown) {
      if (signal.aborted) throw new GatewayError('client_left', 'The client left.', { cause: thrown })
      const error = toGatewayError(thrown)
      const ms = performance.now() - began
      expertMs += ms
      const message = error.details.inLog ?? error.message
      events.expertFailed({ requestId: ask.requestId, expert: expert.id, code: error.code, message, ms })
      failures.push({ expert: expert.id, error })
      if (!error.retryable && error.code !== 'internal') break
    }
  }
  throw new CallFailed(failures)
}

/** Nobody answered. Keeps every failure, so that whoever asked can say which expert failed how. */
export class CallFailed extends Error {
  readonly failures: readonly Failure[]
  constructor(failures: readonly Failure[]) {
    super('No expert answered.')
    this.failures = failures
  }
  get tried(): string[] {
    return this.failures.map(failure => failure.expert)
  }
}

/** One error for several: the client's own fault as it is, else the gentlest thing that is true of all. */
export const summarise = (failures: readonly Failure[]): GatewayError => {
  const last = failures.at(-1)?.error
  if (last === undefined) {
    return new GatewayError('experts_failed', 'The map has no expert for this.', { status: 503 })
  }
  if (!last.retryable && last.code === 'expert_rejected') return last
  const causes = failures.map(({ expert, error }) => ({ expert, code: error.code, message: error.message }))
  const every = (...codes: string[]) => failures.every(({ error }) => codes.includes(error.code))
  const status = every('expert_timeout') ? 504 : every('expert_busy', 'expert_rate_limited') ? 503 : 502
  const waits = failures.flatMap(({ error }) => error.details.retryAfterMs ?? [])
  const list = causes.map(cause => `${cause.expert}: ${cause.message}`).join(' ')
  return new GatewayError('experts_failed', `No expert could answer. ${list}`, {
    status,
    causes,
    ...(waits.length > 0 ? { retryAfterMs: Math.min(...waits) } : {}),
  })
}
