import { setTimeout as sleepFor } from 'node:timers/promises'
import { GatewayError } from '../errors.ts'
import type { Call, Policy } from './policy.ts'
import type { RetryBudget } from './retry-budget.ts'

export type RetryOptions = {
  /** Further attempts after the first. */
  retries: number
  baseDelayMs: number
  /** A wait that the other side asks for beyond this is not waited for: the next expert is quicker. */
  maxDelayMs: number
  /** Shared by all calls of one expert. */
  budget: RetryBudget
  random?: () => number
  sleep?: (ms: number, signal: AbortSignal) => Promise<void>
}

const defaultSleep = async (ms: number, signal: AbortSignal) => {
  await sleepFor(ms, undefined, { signal })
}

/**
 * Tries again what may well succeed, after a wait with full jitter. Whoever was asked to wait waits at least that
 * long, and not all until the same moment.
 */
export const retry = (options: RetryOptions): Policy => {
  const { retries, budget, sleep = defaultSleep } = options
  const attempt = async <T, About>(
    call: Call<T, About>,
    signal: AbortSignal,
    about: About,
    number: number,
  ): Promise<T> => {
    try {
      return await call(signal, about)
    } catch (error) {
      if (number >= retries || signal.aborted) throw error
      const delayMs = delayAfter(error, number, options)
      if (delayMs === undefined || !budget.take()) throw error
      // A deadline that passes meanwhile is not why: the failure before it is.
      await sleep(delayMs, signal).catch(() => Promise.reject(error))
      return await attempt(call, signal, about, number + 1)
    }
  }
  return call => (signal, about) => {
    budget.called()
    return attempt(call, signal, about, 0)
  }
}

const delayAfter = (
  error: unknown,
  attempt: number,
  { baseDelayMs, maxDelayMs, random = Math.random }: RetryOptions,
): number | undefined => {
  if (!(error instanceof GatewayError) || !isTransient(error)) return undefined
  const asked = error.details.retryAfterMs ?? 0
  if (asked > maxDelayMs) return undefined
  return asked + Math.min(maxDelayMs, random() * baseDelayMs * 2 ** attempt)
}

/**
 * The other side knows best and may say so (`x-should-retry`), either way. A timeout is not transient: it has already
 * cost the client its patience. A wrong key does not heal by itself.
 */
const isTransient = ({ code, details: { shouldRetry } }: GatewayError) =>
  shouldRetry ?? (code === 'expert_unavailable' || code === 'expert_rate_limited')
