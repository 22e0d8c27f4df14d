import { dirname } from 'node:path'
import { isBuiltin, UNKNOWN } from '../../knowledge/map.ts'
import type { TaskMap } from '../../knowledge/task-map.ts'
import type { MapChanges } from '../../knowledge/write-scores.ts'
import { fitMap, type Ranking } from '../fit.ts'
import type { RankQuestion } from './questions.ts'
import type { Score, Tally, Verdicts } from './tally.ts'

type Measured = {
  readonly map: TaskMap
  readonly questions: readonly RankQuestion[]
  /** Of every expert that has answered any of them. */
  readonly verdicts: ReadonlyMap<string, Verdicts>
}

/** Whom to ask for each task, decided from all answers that there are; undefined where there is none. */
export const rankingOf = ({ map, questions, verdicts }: Measured): Record<string, Ranking> | undefined => {
  const answered = [...verdicts].filter(([, of]) => of.size > 0)
  // Of what nobody answered nothing can be said.
  const asked = questions.filter(question => answered.some(([, of]) => of.has(question)))
  if (asked.length === 0) return undefined
  const { ranking, unknown } = fitMap({
    experts: answered.map(([id]) => id),
    tasks: asked.map(({ task }) => task),
    outcomes: answered.map(([, of]) => Int8Array.from(asked, question => codeOf(of.get(question)))),
    prices: pricesOf(map),
    choose: map.choose,
  })
  return { ...ranking, [UNKNOWN]: unknown }
}

const codeOf = (verdict: string | undefined) => (verdict === undefined ? -1 : verdict === 'right' ? 1 : 0)

const pricesOf = ({ experts }: TaskMap) =>
  new Map(
    [...experts].flatMap(([id, definition]): [string, number][] =>
      isBuiltin(definition) || definition.price === undefined
        ? []
        : [[id, definition.price.input + definition.price.output]],
    ),
  )

export type Written = {
  readonly tallies: ReadonlyMap<string, Tally>
  readonly ranking: Readonly<Record<string, Ranking>> | undefined
  readonly unpin: boolean
  readonly from: string
  readonly to: string
}

/** What changes in the file: scores and ranking of what was measured; what was not stays as it is. */
export const changesFor = (map: TaskMap, written: Written): MapChanges => {
  const { tallies, ranking, unpin, from, to } = written
  const scores = [...tallies]
    .filter(([, { n }]) => n > 0)
    .map(([id, { byTask }]) => [id, rounded(byTask, [...map.tasks.keys()])])
  const [source, target] = [dirname(from), dirname(to)]
  return {
    scores: Object.fromEntries(scores),
    ...(ranking && { sections: { ranking } }),
    ...(unpin && ranking && { unpin: unpinned(map, ranking) }),
    ...(source !== target && { moved: { from: source, to: target } }),
  }
}

/** The order of `unknown` may be the anchor of those that stay. */
const unpinned = (map: TaskMap, ranking: Readonly<Record<string, Ranking>>): string[] => {
  const tasks = pinnedBy(map)
  const measured = tasks.filter(task => Object.hasOwn(ranking, task))
  return measured.length === tasks.length ? measured : measured.filter(task => task !== UNKNOWN)
}

/** Tasks whose order the map lays down itself, whatever is measured. */
export const pinnedBy = (map: TaskMap): string[] => [
  ...[...map.tasks.values()].filter(({ experts }) => experts !== undefined).map(({ id }) => id),
  ...(map.unknown === undefined ? [] : [UNKNOWN]),
]

/** In the map's order of tasks. */
const rounded = (byTask: Readonly<Record<string, Score>>, tasks: readonly string[]) =>
  Object.fromEntries(
    tasks.flatMap(task => {
      const score = Object.hasOwn(byTask, task) ? byTask[task] : undefined
      return score === undefined
        ? []
        : [[task, { accuracy: Math.round(score.accuracy * 1e4) / 1e4, n: score.n }]]
    }),
  )
