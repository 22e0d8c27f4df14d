import { add, at, inverseOf, type Matrix } from './matrix.ts'
import { correlationsOf, covarianceOf, usualOf } from './noise.ts'
import { type Outcomes, type Pattern, type Tally, tallyOf } from './tally.ts'

/** What the answers of a task say of the experts' accuracy on it: precision, and precision times mean. */
export type Evidence = {
  readonly tally: Tally
  readonly precision: Matrix
  readonly pull: Float64Array
}

/**
 * Questions that only some experts were asked say something of the others too, as far as they go together: evidence is
 * added up by who was asked.
 */
export const evidenceOf = (tasks: readonly string[], outcomes: Outcomes): Evidence[] => {
  const experts = outcomes.length
  const tallies = tallyOf(tasks, outcomes)
  const correlations = correlationsOf(tallies, experts)
  const usual = usualOf(tallies, experts)
  return tallies.map(tally => {
    const covariance = covarianceOf(tally, usual, correlations, experts)
    const precision = new Float64Array(experts * experts)
    const pull = new Float64Array(experts)
    for (const pattern of tally.patterns.values()) addPattern(pattern, covariance, precision, pull)
    return { tally, precision, pull }
  })
}

const addPattern = (
  { asked, n, right }: Pattern,
  covariance: Matrix,
  precision: Matrix,
  pull: Float64Array,
) => {
  const experts = pull.length
  const part = new Float64Array(asked.length * asked.length)
  asked.forEach((e, i) => {
    asked.forEach((other, j) => {
      part[i * asked.length + j] = at(covariance, e * experts + other)
    })
  })
  const inverse = inverseOf(part, asked.length)?.matrix
  if (inverse === undefined) return
  asked.forEach((e, i) => {
    asked.forEach((other, j) => {
      const weight = at(inverse, i * asked.length + j)
      add(precision, e * experts + other, n * weight)
      add(pull, e, weight * at(right, other))
    })
  })
}
