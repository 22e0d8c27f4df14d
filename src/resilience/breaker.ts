import { GatewayError } from '../errors.ts'
import type { Policy } from './policy.ts'

export type BreakerState =
  | { readonly kind: 'closed'; readonly failures: number }
  | { readonly kind: 'open'; readonly until: number }
  | { readonly kind: 'probing' }

export type BreakerOptions = {
  /** Failures in a row that open it. */
  threshold: number
  cooldownMs: number
  what: string
  now?: () => number
}

export type Breaker = { readonly policy: Policy; readonly state: () => BreakerState }

/**
 * Stops asking what keeps failing. After the cooldown one call may probe. A result counts only for the state
 * it began in, so that a slow success from before the trip does not close the breaker; the caller's leaving and
 * a full queue of our own count neither way: nobody was asked.
 */
export const breaker = ({ threshold, cooldownMs, what, now = Date.now }: BreakerOptions): Breaker => {
  let state: BreakerState = { kind: 'closed', failures: 0 }
  let epoch = 0
  const enter = (next: BreakerState) => {
    if (next.kind !== state.kind) epoch++
    state = next
  }
  const open = () => enter({ kind: 'open', until: now() + cooldownMs })

  const admit = () => {
    if (state.kind === 'open' && now() >= state.until) enter({ kind: 'probing' })
    else if (state.kind !== 'closed') throw refusal(what)
    return epoch
  }
  const succeeded = () => enter({ kind: 'closed', failures: 0 })
  const failed = () => {
    const failures = state.kind === 'closed' ? state.failures + 1 : threshold
    if (failures >= threshold) open()
    else enter({ kind: 'closed', failures })
  }
  /** A probe that nobody waited for, or that never left the house, says nothing: the next call may probe. */
  const abandoned = () => {
    if (state.kind === 'probing') enter({ kind: 'open', until: now() })
  }

  const policy: Policy = call => async signal => {
    const began = admit()
    const settle = (outcome: () => void) => {
      if (epoch === began) outcome()
    }
    try {
      const value = await call(signal)
      settle(succeeded)
      return value
    } catch (error) {
      settle(signal.aborted || neverAsked(error) ? abandoned : countsAsFailure(error) ? failed : succeeded)
      throw error
    }
  }
  return { policy, state: () => state }
}

const refusal = (what: string) => new GatewayError('expert_busy', `${what} keeps failing and is left alone.`)

const neverAsked = (error: unknown) => error instanceof GatewayError && error.code === 'expert_busy'

/** An expert that answers "your request is wrong" is healthy. */
const countsAsFailure = (error: unknown) => !(error instanceof GatewayError) || error.retryable
