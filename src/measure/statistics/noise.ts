import { at, inverseOf, type Matrix } from './matrix.ts'
import type { Tally } from './tally.ts'

/** So many questions in common weigh as much as the belief that all pairs of experts are alike. */
const BELIEF = 30
/** So many answers of a task weigh as much as the expert's accuracy over all tasks. */
const USUAL = 4

/**
 * How much two experts get the same questions of a task right. What they share is no noise in their difference: that is
 * what makes a test paired.
 */
export const correlationsOf = (tallies: readonly Tally[], experts: number): Matrix => {
  const raw = new Float64Array(experts * experts)
  const common = new Float64Array(experts * experts)
  let [sum, weight] = [0, 0]
  for (let i = 0; i < experts; i++) {
    for (let j = 0; j < i; j++) {
      const { correlation, questions } = pairOf(tallies, i, j, experts)
      raw[i * experts + j] = correlation
      common[i * experts + j] = questions
      sum += correlation * questions
      weight += questions
    }
  }
  const usual = weight === 0 ? 0 : Math.max(0, sum / weight)
  const shrunk = new Float64Array(experts * experts)
  for (let i = 0; i < experts; i++) {
    shrunk[i * experts + i] = 1
    for (let j = 0; j < i; j++) {
      const n = at(common, i * experts + j)
      const value = (n * at(raw, i * experts + j) + BELIEF * usual) / (n + BELIEF)
      shrunk[i * experts + j] = value
      shrunk[j * experts + i] = value
    }
  }
  return definite(shrunk, experts)
}

const pairOf = (tallies: readonly Tally[], i: number, j: number, experts: number) => {
  let [together, first, second, questions] = [0, 0, 0, 0]
  for (const { both, rightOfFirst, rightOfBoth } of tallies) {
    const n = at(both, i * experts + j)
    if (n === 0) continue
    const [a, b] = [at(rightOfFirst, i * experts + j), at(rightOfFirst, j * experts + i)]
    questions += n
    together += at(rightOfBoth, i * experts + j) - (a * b) / n
    first += a - (a * a) / n
    second += b - (b * b) / n
  }
  const scale = Math.sqrt(first * second)
  return { questions, correlation: scale > 0 ? together / scale : 0 }
}

/** Correlations of pairs that were counted over different questions need not fit together: less of them does. */
const definite = (correlations: Matrix, experts: number): Matrix => {
  let fitting = correlations
  for (let round = 0; round < 100 && inverseOf(fitting, experts) === undefined; round++) {
    fitting = fitting.map((value, i) => (i % (experts + 1) === 0 ? value : value * 0.95))
  }
  return fitting
}

/** Covariance of the experts' answers to one question of this task. */
export const covarianceOf = (
  tally: Tally,
  usual: Float64Array,
  correlations: Matrix,
  experts: number,
): Matrix => {
  const deviations = tally.n.map((n, e) => {
    const accuracy = (at(tally.right, e) + USUAL * at(usual, e)) / (n + USUAL)
    return Math.sqrt(accuracy * (1 - accuracy))
  })
  return correlations.map(
    (value, i) => value * at(deviations, Math.floor(i / experts)) * at(deviations, i % experts),
  )
}

/** Each expert's accuracy over all it was asked, never quite 0 or 1. */
export const usualOf = (tallies: readonly Tally[], experts: number): Float64Array =>
  Float64Array.from({ length: experts }, (_, e) => {
    let [right, n] = [1, 2]
    for (const tally of tallies) {
      right += at(tally.right, e)
      n += at(tally.n, e)
    }
    return right / n
  })
