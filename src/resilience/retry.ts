import { setTimeout as sleepFor } from 'node:timers/promises'
import { GatewayError } from '../errors.ts'
import type { Policy } from './policy.ts'

export type RetryOptions = {
  /** Further attempts after the first. */
  retries: number
  baseDelayMs: number
  /** A wait that the other side asks for beyond this is not waited for: the next expert is quicker. */
  maxDelayMs: number
  random?: () => number
  sleep?: (ms: number, signal: AbortSignal) => Promise<void>
}

const defaultSleep = async (ms: number, signal: AbortSignal) => {
  await sleepFor(ms, undefined, { signal })
}

/** Tries again what may well succeed, after a wait with full jitter, or the wait that was asked for. */
export const retry =
  ({ retries, baseDelayMs, maxDelayMs, random = Math.random, sleep = defaultSleep }: RetryOptions): Policy =>
  call =>
  async signal => {
    for (let attempt = 0; ; attempt++) {
      try {
        return await call(signal)
      } catch (error) {
        const delayMs = delayBefore(error, attempt)
        if (signal.aborted || delayMs === undefined) throw error
        await sleep(delayMs, signal)
      }
    }

    function delayBefore(error: unknown, attempt: number): number | undefined {
      if (attempt >= retries || !(error instanceof GatewayError) || !isTransient(error)) return undefined
      const asked = error.details.retryAfterMs
      if (asked !== undefined) return asked <= maxDelayMs ? asked : undefined
      return Math.min(maxDelayMs, random() * baseDelayMs * 2 ** attempt)
    }
  }

/** A timeout is not: it has already cost the client its patience. A wrong key does not heal by itself. */
const isTransient = (error: GatewayError) =>
  error.code === 'expert_unavailable' || error.code === 'expert_rate_limited'
