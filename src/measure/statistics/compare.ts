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

export const compare = (posteriors: readonly Posterior[], pairing: Pairing): Comparison => {
  let [gain, doubt] = [0, 0]
  for (const posterior of posteriors) {
    const { mean, variance } = differenceAt(posterior, pairing)
    gain += posterior.weight * mean
    doubt += posterior.weight * below(mean - (pairing.by ?? 0), variance)
  }
  return { gain, doubt }
}

const below = (mean: number, variance: number) =>
  variance > 0 ? normalBelow(-mean / Math.sqrt(variance)) : Number(mean <= 0)

const differenceAt = ({ tasks, shared }: Posterior, { expert, than, weights }: Pairing) => {
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
export const believed = (posteriors: readonly Posterior[], task: number): Float64Array => {
  const sum = new Float64Array(Math.sqrt(posteriors[0]?.shared.length ?? 0))
  for (const { weight, tasks } of posteriors) {
    const mean = tasks[task]?.mean
    for (let e = 0; e < sum.length; e++) sum[e] = at(sum, e) + weight * (mean?.[e] ?? 0)
  }
  return sum
}

/** How far one expert is ahead of another on a task, over all spreads together. */
export const spreadOf = (posteriors: readonly Posterior[], task: number, expert: number, than: number) => {
  let [lead, square] = [0, 0]
  for (const posterior of posteriors) {
    const { mean, variance } = differenceAt(posterior, { expert, than, weights: new Map([[task, 1]]) })
    lead += posterior.weight * mean
    square += posterior.weight * (variance + mean * mean)
  }
  return { lead, variance: Math.max(0, square - lead * lead) }
}
