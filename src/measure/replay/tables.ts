import { percent } from '../format.ts'
import type { Table } from '../tables.ts'
import type { Estimate } from './bootstrap.ts'
import type { Pools, Regret, Result } from './figures.ts'

/** What the report shows, in its order. */
export const replayTables = (result: Result): Table[] => [
  strategies(result),
  summary(result),
  tasks(result),
  ...(result.pools === undefined ? [] : [pools(result.pools)]),
  ...(result.regret === undefined ? [] : [regret(result.regret)]),
]

export const points = (share: number) => `${share < 0 ? '' : '+'}${(share * 100).toFixed(2)}`

const row = (name: string, { accuracy, ci }: Estimate): string[] => [
  name,
  percent(accuracy),
  `${percent(ci[0])} to ${percent(ci[1])}`,
]

const strategies = (result: Result): Table => ({
  title: 'Side by side',
  head: ['who answers', 'right', '95 % interval'],
  rows: [
    ...Object.entries(result.experts).map(([name, estimate]) => row(name, estimate)),
    row('a random expert', result.random),
    row('the best single expert', result.bestSingle),
    ...(result.nearest === null ? [] : [row('by the nearest questions, without tasks', result.nearest)]),
    row('routed by the true task', result.routedTrueLabels),
    row('routed', result.routed),
    row(
      `routed by a classifier that is right in ${percent(result.simulatedClassifier.classifierAccuracy)}`,
      result.simulatedClassifier,
    ),
    row('oracle: anybody who knows', result.oracle),
  ],
})

const summary = (result: Result): Table => {
  const { gain, cost, classifier, shareOfOracleGain, shareOfTrueLabels } = result
  return {
    title: 'Overall',
    head: ['figure', 'value'],
    rows: [
      ['questions', String(result.n)],
      [
        'points over the best single expert',
        `${points(gain.accuracy)} (${points(gain.ci[0])} to ${points(gain.ci[1])})`,
      ],
      ["share of the oracle's gain", percent(shareOfOracleGain)],
      ['share of what true tasks would reach', percent(shareOfTrueLabels)],
      ['tasks told right', percent(classifier.accuracy)],
      ['questions a classifier would have been asked', percent(classifier.calls)],
      ...(cost === null
        ? []
        : [
            [
              'price of the experts asked, routed and best single',
              `${cost.routed.toFixed(3)} and ${cost.bestSingle.toFixed(3)}`,
            ],
          ]),
    ],
  }
}

const tasks = ({ byTask }: Result): Table => ({
  title: 'By task',
  head: ['task', 'questions', 'routed', 'best single', 'answered by'],
  rows: Object.entries(byTask).map(([task, { n, routed, bestSingle, to }]) => [
    task,
    String(n),
    percent(routed),
    percent(bestSingle),
    firstOf(to),
  ]),
})

/** The expert that got most of it, and whether others got some. */
const firstOf = (to: Readonly<Record<string, number>>): string => {
  const [first, ...others] = Object.entries(to).sort(([, a], [, b]) => b - a)
  if (first === undefined) return '-'
  const whole = first[1] + others.reduce((sum, [, share]) => sum + share, 0)
  return others.length === 0 ? first[0] : `${first[0]} (${percent(first[1] / whole)})`
}

const pools = ({ n, harmed, worst, meanGain, meanGainOverInformed, meanRegret }: Pools): Table => ({
  title: 'Random sets of experts',
  head: ['figure', 'value'],
  rows: [
    ['sets', String(n)],
    ['worse than their best single expert by more than 0.1 points', String(harmed)],
    ['worst, points', points(worst)],
    ['mean gain, points', points(meanGain)],
    ['mean gain over the best single expert by all answers, points', points(meanGainOverInformed)],
    ['mean loss against a map of all answers, points', points(meanRegret)],
  ],
})

const regret = ({ mean, worst, calls, byExpert }: Regret): Table => ({
  title: 'Lost by knowing less',
  head: ['figure', 'points'],
  rows: [
    [`mean, with ${percent(calls)} of the answers`, points(mean)],
    ['worst', points(worst)],
    ...Object.entries(byExpert ?? {}).map(([name, loss]) => [`if ${name} joins`, points(loss)]),
  ],
})
