import { type Breaker, breaker } from '../resilience/breaker.ts'
import { createRetryBudget, type RetryBudget } from '../resilience/retry-budget.ts'

/** What has been learnt of an endpoint, whatever limits a map sets for it: it is not forgotten when they change. */
export type Condition = { readonly what: string; readonly guard: Breaker; readonly budget: RetryBudget }

const THRESHOLD = 5
const COOLDOWN_MS = 10_000
/** A longer pause would take an expert away for an answer that may have been a mistake. */
const MAX_PAUSE_MS = 60_000

export const createCondition = (id: string): Condition => {
  const what = `Expert "${id}"`
  return {
    what,
    guard: breaker({ threshold: THRESHOLD, cooldownMs: COOLDOWN_MS, maxPauseMs: MAX_PAUSE_MS, what }),
    budget: createRetryBudget(),
  }
}
