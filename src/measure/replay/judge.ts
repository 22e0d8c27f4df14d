import type { TaskMap } from '../../knowledge/task-map.ts'
import { wilson } from '../../knowledge/wilson.ts'
import { share } from '../scores.ts'
import { type Estimate, estimatesOf } from './bootstrap.ts'
import type { Field } from './field.ts'
import type { Result, TaskResult } from './figures.ts'
import type { Reveal } from './reveal.ts'
import { fittedRoute, pricesOf, type Route, routeBy } from './routes.ts'
import { type Strategies, simulate } from './simulate.ts'

export type Judging = {
  readonly map: TaskMap
  /** The order of experts comes from the training folds, not from the map. */
  readonly fitted: boolean
  readonly reveal: Reveal
  readonly classifierAccuracy: number
  readonly seed: number
}

export const strategiesOf = (field: Field, judging: Judging): Strategies => {
  const given: Route | undefined = judging.fitted ? undefined : routeBy(judging.map, field.experts)
  return simulate({
    field,
    known: fold => judging.reveal(field, fold),
    routeBy: (fold, known) => given ?? fittedRoute(judging.map, field, fold, known),
    classifierAccuracy: judging.classifierAccuracy,
  })
}

export const testRows = ({ folds }: Field): number[] => folds.flatMap(({ test }) => test)

/** All strategies side by side, with intervals by the same draws. */
export const judge = (field: Field, judging: Judging): Result => {
  const rows = testRows(field)
  const found = strategiesOf(field, judging)
  const only = (column: ArrayLike<number>) => Float32Array.from(rows, row => column[row] ?? 0)
  const experts = field.outcomes.map(only)
  const [bestSingle, routed, trueLabels] = [found.bestSingle, found.routed, found.routedTrueLabels].map(only)
  const gains = only(found.routed.map((value, row) => value - (found.bestSingle[row] ?? 0)))
  const columns = [
    bestSingle,
    routed,
    trueLabels,
    only(found.nearest),
    only(found.simulated),
    meanColumn(experts),
    experts.reduce((a, b) => a.map((value, i) => Math.max(value, b[i] ?? 0))),
    gains,
    ...experts,
  ].map(column => column ?? new Float32Array(rows.length))
  const [best, route, labels, nearest, simulated, random, oracle, gain, ...each] = estimatesOf(
    columns,
    judging.seed,
  ) as [Estimate, Estimate, Estimate, Estimate, Estimate, Estimate, Estimate, Estimate, ...Estimate[]]
  const hopedFor = oracle.accuracy - best.accuracy
  return {
    n: rows.length,
    experts: Object.fromEntries(field.experts.map((expert, e) => [expert, each[e] ?? nowhere])),
    random,
    bestSingle: { ...best, chosen: sharesOf(namesOf(field, rows, found.bestTo)) },
    nearest: field.questions.some(({ neighbours }) => neighbours.length > 0) ? nearest : null,
    routedTrueLabels: labels,
    routed: route,
    simulatedClassifier: { ...simulated, classifierAccuracy: judging.classifierAccuracy },
    oracle,
    gain,
    shareOfOracleGain: hopedFor > 0 ? gain.accuracy / hopedFor : null,
    shareOfTrueLabels: labels.accuracy > 0 ? route.accuracy / labels.accuracy : null,
    classifier: classifierOf(field, rows),
    cost: costOf(field, rows, found, pricesOf(judging.map)),
    byTask: byTaskOf(field, rows, found),
  }
}

const nowhere: Estimate = { accuracy: 0, ci: [0, 0] }

const meanColumn = (columns: readonly Float32Array[]): Float32Array =>
  Float32Array.from(columns[0] ?? [], (_, i) =>
    share(
      columns.reduce((sum, column) => sum + (column[i] ?? 0), 0),
      columns.length,
    ),
  )

const classifierOf = ({ questions }: Field, rows: readonly number[]): Result['classifier'] => {
  const asked = rows.flatMap(row => questions[row] ?? [])
  const right = asked.filter(({ task, truth }) => task === truth).length
  const alone = asked.filter(({ decidedBy }) => decidedBy === 'neighbours').length
  return {
    accuracy: share(right, asked.length),
    calls: 1 - share(alone, asked.length),
    decidedBy: sharesOf(asked.map(({ decidedBy }) => decidedBy)),
  }
}

const sharesOf = (names: readonly string[]): Record<string, number> => {
  const counts = new Map<string, number>()
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1)
  return Object.fromEntries([...counts].map(([name, count]) => [name, share(count, names.length)]))
}

const namesOf = ({ experts }: Field, rows: readonly number[], to: Int16Array): string[] =>
  rows.map(row => experts[to[row] ?? -1] ?? 'nobody')

const costOf = (
  field: Field,
  rows: readonly number[],
  found: Strategies,
  prices: ReadonlyMap<string, number>,
): Result['cost'] => {
  if (!field.experts.every(expert => prices.has(expert))) return null
  const price = (to: Int16Array) =>
    share(
      rows.reduce((sum, row) => sum + (prices.get(field.experts[to[row] ?? -1] ?? '') ?? 0), 0),
      rows.length,
    )
  return {
    routed: price(found.routedTo),
    bestSingle: price(found.bestTo),
    experts: Object.fromEntries(field.experts.map(expert => [expert, prices.get(expert) ?? 0])),
  }
}

const byTaskOf = (field: Field, rows: readonly number[], found: Strategies): Record<string, TaskResult> => {
  const tasks = [...new Set(rows.map(row => field.questions[row]?.truth ?? ''))].sort()
  return Object.fromEntries(
    tasks.map(task => {
      const mine = rows.filter(row => field.questions[row]?.truth === task)
      const decided = rows.filter(row => field.questions[row]?.task === task)
      const mean = (column: ArrayLike<number>) =>
        share(
          mine.reduce((sum, row) => sum + (column[row] ?? 0), 0),
          mine.length,
        )
      const experts = field.experts.map((expert, e) => {
        const accuracy = mean(field.outcomes[e] ?? [])
        return [expert, { accuracy, ci: wilson(accuracy * mine.length, mine.length) }]
      })
      const result: TaskResult = {
        n: mine.length,
        to: sharesOf(namesOf(field, decided, found.routedTo)),
        routed: mean(found.routed),
        bestSingle: mean(found.bestSingle),
        experts: Object.fromEntries(experts),
      }
      return [task, result]
    }),
  )
}

/** How much better a map would be that knew everything. */
export const accuracyOf = (field: Field, judging: Judging, reveal: Reveal): number => {
  const { routed } = strategiesOf(field, { ...judging, reveal })
  const rows = testRows(field)
  return share(
    rows.reduce((sum, row) => sum + (routed[row] ?? 0), 0),
    rows.length,
  )
}
