import { GatewayError } from '../errors.ts'
import type { Policy } from './policy.ts'

export type BreakerState =
  | { readonly kind: 'closed'; readonly failures: number }
  | { readonly kind: 'open'; readonly until: number }
  | { readonly kind: 'probing' }
  /** It asked to be left alone for so long. It is well: nobody needs to probe. */
  | { readonly kind: 'paused'; readonly until: number }

export type BreakerOptions = {
  /** Failures in a row that open it. */
  threshold: number
  cooldownMs: number
  /** A pause that the other side asks for is granted up to here. */
  maxPauseMs: number
  what: string
  now?: () => number
}

export type Breaker = { readonly policy: Policy; readonly state: () => BreakerState }

/**
 * Stops asking what keeps failing. After the cooldown one call may probe. A result counts only for the state
 * it began in, so that a slow success from before the trip does not close the breaker; the caller's leaving and
 * a full queue of our own count neither way: nobody was asked. Who asks us to wait is left alone for that long.
 */
export const breaker = ({
  threshold,
  cooldownMs,
  maxPauseMs,
  what,
  now = () => performance.now(),
}: BreakerOptions): Breaker => {
  let state: BreakerState = { kind: 'closed', failures: 0 }
  let epoch = 0
  const enter = (next: BreakerState) => {
    if (next.kind !== state.kind) epoch++
    state = next
  }
  const current = (): BreakerState => {
    if (state.kind === 'paused' && now() >= state.until) enter({ kind: 'closed', failures: 0 })
    return state
  }
  const admit = () => {
    const { kind } = current()
    if (kind === 'closed') return epoch
    if (state.kind !== 'open' || now() < state.until) throw refusal(what, state, now)
    enter({ kind: 'probing' })
    return epoch
  }
  const succeeded = () => enter({ kind: 'closed', failures: 0 })
  const failed = (error: unknown) => {
    const failures = state.kind === 'closed' ? state.failures + 1 : threshold
    const pauseMs = Math.min(pauseWanted(error), maxPauseMs)
    if (pauseMs > 0) enter({ kind: 'paused', until: now() + pauseMs })
    else if (failures >= threshold) enter({ kind: 'open', until: now() + cooldownMs })
    else enter({ kind: 'closed', failures })
  }
  /** A probe that nobody waited for, or that never left the house, says nothing: the next call may probe. */
  const abandoned = () => {
    if (state.kind === 'probing') enter({ kind: 'open', until: now() })
  }

  const settled = (error: unknown, signal: AbortSignal) => {
    if (signal.aborted || neverAsked(error)) abandoned()
    else if (countsAsFailure(error)) failed(error)
    else succeeded()
  }
  const policy: Policy = call => async (signal, about) => {
    const began = admit()
    try {
      const value = await call(signal, about)
      if (epoch === began) succeeded()
      return value
    } catch (error) {
      if (epoch === began) settled(error, signal)
      throw error
    }
  }
  return { policy, state: current }
}

const refusal = (what: string, state: BreakerState, now: () => number) => {
  const details = 'until' in state ? { retryAfterMs: Math.max(1, state.until - now()) } : {}
  const why = state.kind === 'paused' ? 'asked for a pause' : 'keeps failing'
  return new GatewayError('expert_busy', `${what} ${why} and is left alone.`, details)
}

const neverAsked = (error: unknown) => error instanceof GatewayError && error.code === 'expert_busy'

/** An expert that answers "your request is wrong" is healthy. */
const countsAsFailure = (error: unknown) => !(error instanceof GatewayError) || error.retryable

const pauseWanted = (error: unknown): number =>
  error instanceof GatewayError ? (error.details.retryAfterMs ?? 0) : 0
