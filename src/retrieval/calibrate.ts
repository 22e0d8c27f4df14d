/** From margins of examples judged by a vote that had not seen them: probabilities, and how known a text is. */

import type { Neighbour } from './search.ts'

/** What a vote said of an example that it had not seen. */
export type Judgement = {
  readonly task: string
  readonly right: boolean
  /** How far the best task was ahead of the second. */
  readonly margin: number
  readonly familiarity: number
}

/** One example, decided as if it were new. */
export type Judged = Judgement & {
  readonly row: number
  /** By its words alone, where it has a vector too. */
  readonly words?: Judgement
}

/** P(right) = 1 / (1 + exp(-(a + b * margin))) */
export type Probability = { a: number; b: number }

/** The chance that a promise is broken. */
export const UNSURE = 0.1

export function probabilityOf({ a, b }: Probability, margin: number): number {
  return 1 / (1 + Math.exp(-(a + b * margin)))
}

/** What the fit is on most contexts. It weighs as much as some ten examples: it speaks where there are few, not where there are many. */
const USUAL = { a: 0, b: 6, weight: 0.2 }

/** Platt's fit by Newton steps. */
export function fitProbability(judged: readonly Judgement[]): Probability {
  const n = judged.length
  const hits = judged.filter(({ right }) => right).length
  const high = (hits + 1) / (hits + 2)
  const low = 1 / (n - hits + 2)
  const fit = { a: USUAL.a, b: USUAL.b }
  for (let round = 0; round < 100; round++) {
    const { da, db } = newtonStep(judged, fit, high, low)
    const step = Math.min(1, 4 / Math.max(Math.abs(da), 1e-12), 20 / Math.max(Math.abs(db), 1e-12))
    fit.a -= step * da
    fit.b -= step * db
    if (Math.abs(da) + Math.abs(db) < 1e-9) break
  }
  return { a: fit.a, b: Math.max(fit.b, 0) }
}

function newtonStep(judged: readonly Judgement[], fit: Probability, high: number, low: number) {
  const { weight } = USUAL
  let [ga, gb, aa, ab, bb] = [weight * (fit.a - USUAL.a), weight * (fit.b - USUAL.b), weight, 0, weight]
  for (const { margin, right } of judged) {
    const p = probabilityOf(fit, margin)
    const off = p - (right ? high : low)
    const curve = p * (1 - p)
    ga += off
    gb += off * margin
    aa += curve
    ab += curve * margin
    bb += curve * margin * margin
  }
  const det = aa * bb - ab * ab
  return { da: (bb * ga - ab * gb) / det, db: (aa * gb - ab * ga) / det }
}

/** P(at most `wrong` of `n` wrong) where each is wrong with probability `error`: the exact binomial tail. */
export function binomialTail(wrong: number, n: number, error: number): number {
  let log = n * Math.log1p(-error)
  let sum = Math.exp(log)
  for (let w = 1; w <= wrong; w++) {
    log += Math.log((n - w + 1) / w) + Math.log(error / (1 - error))
    sum += Math.exp(log)
  }
  return Math.min(1, sum)
}

/** What "known" looks like: the familiarity of examples that were left out, in ascending order. */
export type Known = Float64Array

/**
 * How familiar a text is: its two nearest examples, and a little of the head's best score. Tasks that are left out
 * whole are told from the others best by a sixth to a half of it, whichever tasks they are.
 */
export function familiarityOf(neighbours: readonly Neighbour[], bestScore: number): number {
  const first = neighbours[0]?.similarity ?? 0
  return (first + (neighbours[1]?.similarity ?? first)) / 2 + bestScore / 6
}

export function fitKnown(familiarities: ArrayLike<number>): Known {
  return Float64Array.from(familiarities).sort()
}

/** The share of the context's own questions that are no more familiar: near 0 means like nothing known. */
export function knownShare(familiarities: Known, familiarity: number): number {
  let low = 0
  let high = familiarities.length
  while (low < high) {
    const mid = (low + high) >> 1
    if (familiarities[mid]! <= familiarity) low = mid + 1
    else high = mid
  }
  return (low + 1) / (familiarities.length + 1)
}
