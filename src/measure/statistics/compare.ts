import { at, dot, times, timesTransposed } from './matrix.ts'
import { normalBelow } from './normal.ts'
import type { Posterior } from './posterior.ts'

/** One expert against another, on some tasks. */
export type Comparison = {
  /** How far it is believed to be ahead, as a share: 0.012 is 1.2 points. */
  readonly gain: number
  /** How probable it is that it is not ahead, or not by as much as was asked for. */
  readonly doubt: number
}

export type Pairing = {
  readonly expert: number
  readonly than: number
  /** How much each task counts, by its place in the evidence. */
  readonly weights: ReadonlyMap<number, number>
  /** By how much it must be ahead; negative: by how much it may be behind. */
  readonly by?: number
}

export const compare = (posterior: Posterior, pairing: Pairing): Comparison => {
  const { mean, variance } = differenceOf(posterior, pairing)
  return { gain: mean, doubt: below(mean - (pairing.by ?? 0), variance) }
}

const below = (mean: number, variance: number) =>
  variance > 0 ? normalBelow(-mean / Math.sqrt(variance)) : Number(mean <= 0)

/** How far one is believed ahead of the other, and how uncertain that is. */
export const differenceOf = ({ tasks, shared }: Posterior, { expert, than, weights }: Pairing) => {
  let [mean, variance] = [0, 0]
  let reached = new Float64Array(Math.sqrt(shared.length))
  for (const [task, weight] of weights) {
    const belief = tasks[task]
    if (belief === undefined) continue
    const contrast = new Float64Array(reached.length)
    contrast[expert] = weight
    contrast[than] = at(contrast, than) - weight
    mean += dot(contrast, belief.mean)
    variance += dot(contrast, times(belief.own, contrast))
    const back = timesTransposed(belief.reach, contrast)
    reached = reached.map((value, e) => value + at(back, e))
  }
  return { mean, variance: variance + dot(reached, times(shared, reached)) }
}

/** What each expert is believed to get right on a task. */
export const believed = ({ tasks, worth }: Posterior, task: number): Float64Array =>
  tasks[task]?.mean ?? worth
