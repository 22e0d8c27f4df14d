import { believed, type Comparison, compare } from './compare.ts'
import type { Evidence } from './evidence.ts'
import { at } from './matrix.ts'
import type { Posterior } from './posterior.ts'

/** Of the tasks taken from the best single expert, this share may be no better for it. */
export const ALLOWED_DOUBT = 0.1

export type Choice = {
  readonly task: number
  readonly chosen: number
  /** Who would be first by what is believed, and how that compares with the best single expert. */
  readonly leader: number
  readonly comparison: Comparison
}

/** A rule that moves a task only where the gain is more than chance would give. */
export const chooseByAccuracy = (
  evidence: readonly Evidence[],
  posteriors: readonly Posterior[],
  best: number,
  allowed = ALLOWED_DOUBT,
): Choice[] => {
  const candidates = evidence.map((_, task) => {
    const leader = highest(believed(posteriors, task), best)
    return {
      task,
      leader,
      comparison: compare(posteriors, { expert: leader, than: best, weights: one(task) }),
    }
  })
  const moved = withinDoubt(
    candidates.filter(({ leader }) => leader !== best),
    allowed,
  )
  return candidates.map(candidate => ({
    ...candidate,
    chosen: moved.has(candidate.task) ? candidate.leader : best,
  }))
}

export const one = (task: number) => new Map([[task, 1]])

/** The surest first, for as long as the mean doubt of all of them is small: many tasks are no more chances to be wrong. */
export const withinDoubt = (
  candidates: readonly { readonly task: number; readonly comparison: Comparison }[],
  allowed = ALLOWED_DOUBT,
): Set<number> => {
  const moved = new Set<number>()
  let doubts = 0
  for (const { task, comparison } of [...candidates].sort(
    (a, b) => a.comparison.doubt - b.comparison.doubt,
  )) {
    doubts += comparison.doubt
    if (doubts > allowed * (moved.size + 1)) break
    moved.add(task)
  }
  return moved
}

/** The highest, `rather` where it is as high. */
const highest = (values: Float64Array, rather: number): number => {
  let leader = rather
  for (let e = 0; e < values.length; e++) if (at(values, e) > at(values, leader)) leader = e
  return leader
}
