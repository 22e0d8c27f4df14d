import type { Evidence } from './evidence.ts'
import { add, added, at, dot, inverseOf, type Matrix, multiply, times, timesTransposed } from './matrix.ts'

/** What is believed of one task once its answers and those of all others are known. */
type Belief = {
  readonly mean: Float64Array
  /** What stays uncertain of the task itself. */
  readonly own: Matrix
  /** How much of a mistake about the experts as a whole reaches this task. */
  readonly reach: Matrix
}

export type Posterior = {
  /** By task, in the order of the evidence. */
  readonly tasks: readonly Belief[]
  /** What each expert is worth over all tasks, and how uncertain that is. */
  readonly worth: Float64Array
  readonly shared: Matrix
}

/** How far an expert's accuracy on a task may lie from what expert and task let expect, as a standard deviation. */
const SPREADS = [0.003, 0.01, 0.02, 0.03, 0.045, 0.065, 0.09, 0.13, 0.18, 0.25]
/** Tasks may be as hard or easy as they like. */
const DIFFICULTY = 0.25
/** An expert that was never asked is somewhere in the middle. */
const [MIDDLE, VAGUE] = [0.5, 1]
/** The belief that experts have nothing in common weighs as much as so many tasks. */
const APART = 5
const ROUNDS = 10

/**
 * Accuracy of expert e on task t = what e is worth + how easy t is + what is particular to both. How large the particular
 * part usually is, and which experts share their strengths, is learned from all tasks and experts together: a few
 * answers neither pass for many nor count for nothing, and an expert that joins is judged by those that are like it.
 */
export const posteriorOf = (evidence: readonly Evidence[], experts: number): Posterior => {
  const usual = usualSpread(evidence, experts)
  const alone = diagonal(usual ** 2, experts)
  let particular = alone
  for (let round = 0; round < ROUNDS; round++) {
    const seen = seenIn(posteriorAt(evidence, experts, particular), experts)
    particular = seen.map((value, i) => (value + APART * at(alone, i)) / (evidence.length + APART))
  }
  return posteriorAt(evidence, experts, particular)
}

/** Every spread counts as far as it explains the answers. */
const usualSpread = (evidence: readonly Evidence[], experts: number): number => {
  const found = SPREADS.map(
    spread => posteriorAt(evidence, experts, diagonal(spread ** 2, experts)).logLikelihood,
  )
  const best = Math.max(...found)
  const weights = found.map(logLikelihood => Math.exp(logLikelihood - best))
  const squares = SPREADS.map((spread, i) => spread ** 2 * at(weights, i))
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)
  return Math.sqrt(sum(squares) / sum(weights))
}

const diagonal = (value: number, experts: number): Matrix =>
  new Float64Array(experts * experts).map((_, i) => (i % (experts + 1) === 0 ? value : 0))

/** What was particular to experts and tasks, squared and added up over tasks; without what all experts have in common. */
const seenIn = ({ tasks, worth }: Posterior, experts: number): Matrix => {
  const sum = new Float64Array(experts * experts)
  for (const { mean, own } of tasks) {
    const off = mean.map((value, e) => value - at(worth, e))
    const squares = own.map((value, i) => value + at(off, Math.floor(i / experts)) * at(off, i % experts))
    const byRow = off.map((_, e) => meanOf(squares.subarray(e * experts, (e + 1) * experts)))
    const middle = meanOf(byRow)
    for (let i = 0; i < sum.length; i++) {
      const [row, column] = [at(byRow, Math.floor(i / experts)), at(byRow, i % experts)]
      add(sum, i, at(squares, i) - row - column + middle)
    }
  }
  return sum
}

const meanOf = (values: Float64Array) => values.reduce((sum, value) => sum + value, 0) / values.length

const posteriorAt = (evidence: readonly Evidence[], experts: number, particular: Matrix) => {
  const prior = inverted(
    particular.map(value => value + DIFFICULTY ** 2),
    experts,
  )
  const parts = evidence.map(({ precision, pull }) => {
    const own = inverted(added(precision, prior.matrix), experts)
    return { pull, own, reach: multiply(own.matrix, prior.matrix, experts) }
  })
  let pulled: Float64Array = new Float64Array(experts).fill(MIDDLE / VAGUE)
  let confidence = diagonal(1 / VAGUE, experts)
  for (const { pull, reach } of parts) {
    const back = multiply(prior.matrix, reach, experts)
    confidence = confidence.map((value, i) => value + at(prior.matrix, i) - at(back, i))
    pulled = added(pulled, timesTransposed(reach, pull))
  }
  const shared = inverted(confidence, experts)
  const worth = times(shared.matrix, pulled)
  const anchor = times(prior.matrix, worth)
  const tasks = parts.map(({ pull, own, reach }) => ({
    mean: times(own.matrix, added(pull, anchor)),
    own: own.matrix,
    reach,
  }))
  let logLikelihood = dot(pulled, worth) - shared.logDeterminant
  for (const { pull, own } of parts) {
    logLikelihood += dot(pull, times(own.matrix, pull)) - prior.logDeterminant - own.logDeterminant
  }
  return { tasks, worth, shared: shared.matrix, logLikelihood: logLikelihood / 2 }
}

const inverted = (matrix: Matrix, experts: number) => {
  const inverse = inverseOf(matrix, experts)
  if (inverse === undefined) throw new Error('The outcomes cannot be told apart from one another.')
  return inverse
}
