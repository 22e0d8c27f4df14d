import type { Evidence } from './evidence.ts'
import { add, added, at, dot, inverseOf, type Matrix, multiply, times, timesTransposed } from './matrix.ts'

/** What is believed of one task once its answers and those of all others are known, at one spread. */
type Belief = {
  readonly mean: Float64Array
  /** What stays uncertain of the task itself. */
  readonly own: Matrix
  /** How much of a mistake about the experts as a whole reaches this task. */
  readonly reach: Matrix
}

export type Posterior = {
  /** How probable this spread is. */
  readonly weight: number
  readonly spread: number
  /** By task, in the order of the evidence. */
  readonly tasks: readonly Belief[]
  /** Uncertainty about the experts as a whole. */
  readonly shared: Matrix
}

/** How far an expert's accuracy on a task may lie from what expert and task let expect, as a standard deviation. */
const SPREADS = [0.003, 0.01, 0.02, 0.03, 0.045, 0.065, 0.09, 0.13, 0.18, 0.25]
/** Tasks may be as hard or easy as they like. */
const DIFFICULTY = 0.25
/** An expert that was never asked is somewhere in the middle. */
const [MIDDLE, VAGUE] = [0.5, 1]

/**
 * Accuracy of expert e on task t = what e is worth + how easy t is + what is particular to both. How large the particular
 * part usually is (the spread) is learned from all tasks and experts; every spread is believed as far as it explains
 * the answers, so that a few answers neither pass for many nor count for nothing.
 */
export const posteriorsOf = (evidence: readonly Evidence[], experts: number): Posterior[] => {
  const found = SPREADS.map(spread => posteriorAt(evidence, experts, spread))
  const best = Math.max(...found.map(({ logLikelihood }) => logLikelihood))
  const weights = found.map(({ logLikelihood }) => Math.exp(logLikelihood - best))
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  return found.map(({ logLikelihood: _, ...posterior }, i) => ({
    ...posterior,
    weight: at(weights, i) / total,
  }))
}

const posteriorAt = (evidence: readonly Evidence[], experts: number, spread: number) => {
  const prior = priorOf(experts, spread)
  const parts = evidence.map(({ precision, pull }) => {
    const own = inverted(added(precision, prior.precision), experts)
    const reach = multiply(own.matrix, prior.precision, experts)
    return { pull, own, reach }
  })
  const worth = new Float64Array(experts).fill(MIDDLE / VAGUE)
  let confidence: Matrix = new Float64Array(experts * experts)
  for (let e = 0; e < experts; e++) add(confidence, e * (experts + 1), 1 / VAGUE)
  for (const { pull, reach } of parts) {
    const back = multiply(prior.precision, reach, experts)
    confidence = confidence.map((value, i) => value + at(prior.precision, i) - at(back, i))
    worth.set(added(worth, timesTransposed(reach, pull)))
  }
  const shared = inverted(confidence, experts)
  const means = times(shared.matrix, worth)
  const anchor = times(prior.precision, means)
  const tasks = parts.map(({ pull, own, reach }) => ({
    mean: times(own.matrix, added(pull, anchor)),
    own: own.matrix,
    reach,
  }))
  let logLikelihood = dot(worth, means) - shared.logDeterminant
  for (const { pull, own } of parts) {
    logLikelihood += dot(pull, times(own.matrix, pull)) - prior.logDeterminant - own.logDeterminant
  }
  return { spread, tasks, shared: shared.matrix, logLikelihood: logLikelihood / 2 }
}

const priorOf = (experts: number, spread: number) => {
  const covariance = new Float64Array(experts * experts).fill(DIFFICULTY ** 2)
  for (let e = 0; e < experts; e++) add(covariance, e * (experts + 1), spread ** 2)
  const { matrix, logDeterminant } = inverted(covariance, experts)
  return { precision: matrix, logDeterminant }
}

const inverted = (matrix: Matrix, experts: number) => {
  const inverse = inverseOf(matrix, experts)
  if (inverse === undefined) throw new Error('The outcomes cannot be told apart from one another.')
  return inverse
}
