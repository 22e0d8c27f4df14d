import { UNKNOWN } from '../knowledge/map.ts'
import { type Choice, chooseByAccuracy, type Pool } from './statistics/choose.ts'
import { believed, compare } from './statistics/compare.ts'
import { type Evidence, evidenceOf } from './statistics/evidence.ts'
import { at } from './statistics/matrix.ts'
import { type Posterior, posteriorOf } from './statistics/posterior.ts'
import { chooseByPrice } from './statistics/price.ts'
import { becauseBest, becauseCheaper, becauseLeft, becauseMoved } from './statistics/words.ts'

export type Measurements = {
  readonly experts: readonly string[]
  /** The task of each question. */
  readonly tasks: readonly string[]
  /** By expert and question: 1 right, 0 wrong, -1 not asked. */
  readonly outcomes: readonly Int8Array[]
  readonly prices?: ReadonlyMap<string, number> | undefined
  readonly choose?: { readonly by: 'accuracy' | 'price'; readonly within: number } | undefined
}

/** Whom to ask, best first, and why. */
export type Ranking = { experts: string[]; because: string }

export type Fitted = {
  /** As measured; a pair that nobody asked has none. */
  scores: Record<string, Record<string, { accuracy: number; n: number }>>
  ranking: Record<string, Ranking>
  unknown: Ranking
}

/**
 * From what was measured to what is served. A task leaves the expert that is best on average only where the gain is more
 * than chance; what is left, and why, is said.
 */
export const fitMap = (given: Measurements): Fitted => {
  // What fits no task says nothing of one.
  const evidence = evidenceOf(given.tasks, given.outcomes).filter(({ tally }) => tally.task !== UNKNOWN)
  if (evidence.length === 0) throw new Error('There is nothing measured to fit.')
  const posterior = posteriorOf(evidence, given.experts.length)
  const pool = poolOf(evidence, posterior)
  const fit: Fit = { given, evidence, posterior, best: pool.best }
  const choices = chooseByAccuracy(evidence, posterior, pool)
  const chosen = given.choose?.by === 'price' ? cheaper(fit, choices) : choices.map(choice => choice.chosen)
  return {
    scores: scoresOf(given.experts, evidence),
    ranking: Object.fromEntries(
      choices.map((choice, task) => {
        const first = chosen[task] ?? pool.best
        const experts = orderOf(given.experts, first, believed(posterior, task))
        return [evidence[task]?.tally.task ?? '', { experts, because: because(fit, choice, first) }]
      }),
    ),
    unknown: unknownOf(fit),
  }
}

type Fit = {
  readonly given: Measurements
  readonly evidence: readonly Evidence[]
  readonly posterior: Posterior
  readonly best: number
}

/** An expert that was asked less than this share of what the most asked one was joins a map of the others. */
const NEWCOMER = 0.25

const poolOf = (evidence: readonly Evidence[], posterior: Posterior): Pool => {
  const experts = posterior.worth.length
  const asked = sumOver(evidence, experts, ({ tally }) => tally.n)
  const enough = NEWCOMER * Math.max(...asked)
  const newcomers = new Set(Array.from(asked.keys()).filter(e => at(asked, e) < enough))
  const worth = worthOf(evidence, posterior).map((value, e) => (newcomers.has(e) ? -1 : value))
  return { best: worth.indexOf(Math.max(...worth)), newcomers }
}

/** The share of right answers; where not all were asked the same number of them, what is believed of each. */
const worthOf = (evidence: readonly Evidence[], posterior: Posterior): Float64Array => {
  const comparable = evidence.every(({ tally }) => tally.n.every(n => n === tally.n[0]))
  return sumOver(evidence, posterior.worth.length, ({ tally }, task) =>
    comparable ? tally.right : believed(posterior, task).map(accuracy => accuracy * tally.questions),
  )
}

const sumOver = (
  evidence: readonly Evidence[],
  experts: number,
  of: (one: Evidence, task: number) => Float64Array,
): Float64Array => {
  const sum = new Float64Array(experts)
  evidence.forEach((one, task) => {
    const values = of(one, task)
    for (let e = 0; e < experts; e++) sum[e] = at(sum, e) + at(values, e)
  })
  return sum
}

const cheaper = ({ given, evidence, posterior }: Fit, choices: readonly Choice[]) =>
  chooseByPrice(evidence, posterior, choices, {
    prices: Float64Array.from(given.experts, expert => given.prices?.get(expert) ?? Number.POSITIVE_INFINITY),
    within: given.choose?.within ?? 1,
  })

/** The chosen one, then the others by what is believed of them. */
const orderOf = (names: readonly string[], first: number, accuracies: Float64Array): string[] => {
  const others = Array.from(names.keys()).filter(expert => expert !== first)
  others.sort((a, b) => at(accuracies, b) - at(accuracies, a) || a - b)
  return [first, ...others].map(expert => names[expert] ?? '')
}

const because = ({ given, evidence, best }: Fit, choice: Choice, first: number): string => {
  const names = given.experts
  const tally = evidence[choice.task]?.tally
  if (tally === undefined) return ''
  const { leader, comparison, chosen, than } = choice
  if (first !== chosen) {
    return becauseCheaper(names, { cheap: first, than: chosen, within: given.choose?.within ?? 1 })
  }
  if (leader === best) return becauseBest(names, tally, best)
  if (chosen === than) return becauseLeft(names, tally, leader, than)
  return becauseMoved(names, tally, { leader, best: than, doubt: comparison.doubt })
}

const scoresOf = (names: readonly string[], evidence: readonly Evidence[]): Fitted['scores'] =>
  Object.fromEntries(
    names.map((name, e) => {
      const asked = evidence.filter(({ tally }) => at(tally.n, e) > 0)
      const scores = asked.map(({ tally }) => {
        const n = at(tally.n, e)
        return [tally.task, { accuracy: at(tally.right, e) / n, n }]
      })
      return [name, Object.fromEntries(scores)]
    }),
  )

/** One in twenty: there is one decision about `unknown`, and nothing to correct it for. */
const UNKNOWN_DOUBT = 0.05

/** Eq. 8: the best mean over tasks, each weighing the same; with the same care as a task. */
const unknownOf = ({ given, evidence, posterior, best }: Fit): Ranking => {
  const names = given.experts
  const weights = new Map(evidence.map((_, task) => [task, 1 / evidence.length]))
  const average = new Float64Array(names.length)
  for (const task of weights.keys()) {
    believed(posterior, task).forEach((share, e) => {
      average[e] = at(average, e) + share / evidence.length
    })
  }
  const leader = average.indexOf(Math.max(...average))
  const { gain, doubt } = compare(posterior, { expert: leader, than: best, weights })
  const moves = leader !== best && doubt <= UNKNOWN_DOUBT
  const lead = `${(gain * 100).toFixed(1)} points over tasks that weigh the same`
  return {
    experts: orderOf(names, moves ? leader : best, average),
    because:
      leader === best
        ? `${names[best]} has the best average, over questions and over tasks`
        : moves
          ? `${names[leader]} is ahead of ${names[best]} by ${lead}`
          : `left with ${names[best]}: ${names[leader]} is ahead by ${lead}, which may be chance`,
  }
}
