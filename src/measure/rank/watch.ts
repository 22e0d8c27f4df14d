import { type Part, sum } from './expert-run.ts'
import type { Purse } from './purse.ts'
import { type RankPlan, remoteOf } from './rank-plan.ts'

/** How far it is, for whoever watches. */
export type RankProgress = {
  readonly done: number
  readonly total: number
  readonly failedCalls: number
  /** Answered by this run, and in which time. */
  readonly asked: number
  readonly elapsedMs: number
  /** Undefined where no expert has a price. */
  readonly cost: { readonly spent: number; readonly expected: number } | undefined
}

export const watcher = (
  { map, experts, budget }: RankPlan,
  parts: readonly Part[],
  purse: Purse,
  onProgress: (progress: RankProgress) => void,
) => {
  const began = Date.now()
  const priced = experts.some(id => remoteOf(map, id).price !== undefined)
  const all = sum(parts.map(({ before, jobs }) => before + jobs.length))
  const total = Math.min(all, budget?.calls ?? all)
  return () => {
    const asked = sum(parts.map(({ answered }) => answered))
    const done = asked + sum(parts.map(({ before }) => before))
    const spent = purse.spent()
    onProgress({
      done,
      total,
      asked,
      failedCalls: sum(parts.map(({ failedCalls }) => failedCalls)),
      elapsedMs: Date.now() - began,
      cost: priced ? { spent, expected: done === 0 ? 0 : (spent / done) * total } : undefined,
    })
  }
}
