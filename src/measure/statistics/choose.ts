import { believed, type Comparison, compare } from './compare.ts'
import type { Evidence } from './evidence.ts'
import { at } from './matrix.ts'
import type { Posterior } from './posterior.ts'

/** Of the tasks taken from the best single expert, this share may be no better for it. */
const ALLOWED_DOUBT = 0.1
/** However sure the others are, no task is moved that is less sure than this. */
const MOST_DOUBT = 0.3

export type Choice = {
  readonly task: number
  readonly chosen: number
  /** Who would be first by what is believed, and how that compares with whom it would replace. */
  readonly leader: number
  readonly than: number
  readonly comparison: Comparison
}

export type Pool = {
  readonly best: number
  /** Asked so much less than others that they join a map of the others instead of shaping it. */
  readonly newcomers: ReadonlySet<number>
}

/**
 * A rule that moves a task only where the gain is more than chance would give. Experts that were measured well are
 * settled among themselves; then a newcomer takes the tasks on which it is surely enough ahead of whom they chose.
 */
export const chooseByAccuracy = (
  evidence: readonly Evidence[],
  posterior: Posterior,
  { best, newcomers }: Pool,
): Choice[] => {
  const candidates = evidence.map((_, task) => {
    const leader = highest(believed(posterior, task), best, e => !newcomers.has(e))
    const comparison = compare(posterior, { expert: leader, than: best, weights: one(task) })
    return { task, leader, than: best, comparison }
  })
  const moved = withinDoubt(candidates.filter(({ leader }) => leader !== best))
  return candidates.map(candidate => {
    const settled = { ...candidate, chosen: moved.has(candidate.task) ? candidate.leader : best }
    return joined(settled, posterior, newcomers)
  })
}

const joined = (choice: Choice, posterior: Posterior, newcomers: ReadonlySet<number>): Choice => {
  const { task, chosen: than } = choice
  const leader = highest(believed(posterior, task), than, e => e === than || newcomers.has(e))
  if (leader === than) return choice
  const comparison = compare(posterior, { expert: leader, than, weights: one(task) })
  return { task, leader, than, comparison, chosen: comparison.doubt <= MOST_DOUBT ? leader : than }
}

export const one = (task: number) => new Map([[task, 1]])

/** The surest first, for as long as the mean doubt of all of them is small: many tasks are no more chances to be wrong. */
export const withinDoubt = (
  candidates: readonly { readonly task: number; readonly comparison: Comparison }[],
): Set<number> => {
  const moved = new Set<number>()
  let doubts = 0
  for (const { task, comparison } of [...candidates].sort(
    (a, b) => a.comparison.doubt - b.comparison.doubt,
  )) {
    doubts += comparison.doubt
    if (comparison.doubt > MOST_DOUBT || doubts > ALLOWED_DOUBT * (moved.size + 1)) break
    moved.add(task)
  }
  return moved
}

/** The highest of some, `rather` where it is as high. */
const highest = (values: Float64Array, rather: number, among: (expert: number) => boolean): number => {
  let leader = rather
  for (let e = 0; e < values.length; e++) if (among(e) && at(values, e) > at(values, leader)) leader = e
  return leader
}
