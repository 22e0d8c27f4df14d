import { bulkhead } from '../resilience/bulkhead.ts'
import { compose } from '../resilience/policy.ts'
import { retry } from '../resilience/retry.ts'
import { timeout } from '../resilience/timeout.ts'
import type { Condition } from './condition.ts'

export type CallLimits = { readonly timeout: number; readonly concurrency: number; readonly queue: number }

/** What every call of an expert goes through, and the places that its answers take. */
export const createPolicies = (limits: CallLimits, { what, guard, budget }: Condition) => ({
  places: bulkhead({ concurrency: limits.concurrency, queue: limits.queue, what }),
  // The breaker is outermost: inside the deadline, it would take a timeout for a client that left.
  policy: compose(
    guard.policy,
    timeout(limits.timeout, what),
    retry({ retries: 1, baseDelayMs: 100, maxDelayMs: 1_000, budget }),
  ),
})
