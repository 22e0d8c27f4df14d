import { percent } from '../format.ts'
import type { Section } from '../report/charts.ts'
import type { Judged, Routed, System } from './judge.ts'
import { briefly, type Mode, modes, titles } from './modes.ts'
import { PUBLISHED_BY, publishedFor, publishedOf } from './published.ts'
import type { PaperResult, SetResult } from './run.ts'
import { taskSets } from './task-sets.ts'

/** The model behind each expert, by which published figures are found. */
export type ModelOf = (expert: string) => string

/** The paper's tables, set after set. */
export const paperTables = ({ sets }: PaperResult, modelOf: ModelOf): Section[] =>
  sets.flatMap(one => [
    ...one.expertSets.flatMap(judged => [answers(one, judged), byScores(one, judged)]),
    ...(one.judged === 0 ? [] : [telling(one)]),
    ...publishedTable(one, modelOf),
  ])

export const nameOf = ({ set }: SetResult) => `Task set ${set.name} (${taskSets[set.name].title})`

/** Where several sets of experts are judged each says whose figures these are. */
export const titleOf = (one: SetResult, judged: Judged, what: string) => {
  const experts = one.expertSets.length > 1 ? ` of ${Object.keys(judged.experts).join(', ')}` : ''
  return `${nameOf(one)}${experts}: ${what}`
}

type Named = readonly [name: string, system: System | Routed, brief?: string]

/** Every way of answering, in the order in which it is read. */
export const systemsOf = (judged: Judged): Named[] => [
  ...Object.entries(judged.experts),
  ['a random expert', judged.random, 'random expert'],
  ['by the nearest question (Bench-CoE)', judged.nearest, 'nearest question'],
  [`the best single expert (${judged.bestSingle.expert})`, judged.bestSingle, 'best single expert'],
  ...routedBy(judged.routed),
  ['routed by the true tasks', judged.trueTasks, 'routed, true tasks'],
  ['oracle: anybody who knows', judged.oracle, 'oracle'],
]

const routedBy = (routed: Judged['routed']): Named[] =>
  modes.flatMap((mode: Mode): Named[] =>
    routed[mode] === undefined ? [] : [[`routed, ${titles[mode]}`, routed[mode], briefly[mode]]],
  )

const answers = (one: SetResult, judged: Judged): Section => ({
  title: titleOf(one, judged, 'who answers right'),
  note: countsOf(one),
  figures: figuresOf(one, judged, systemsOf(judged)),
})

const byScores = (one: SetResult, judged: Judged): Section => ({
  title: titleOf(one, judged, 'the same by the scores alone'),
  note: 'Each task goes to the expert with the highest score on its context questions (eq. 5), however small the lead.',
  figures: figuresOf(one, judged, routedBy(judged.byScores)),
})

const countsOf = ({ set, judged }: SetResult) =>
  `${set.context.length} questions are context and choose the experts; ${judged} of the ${set.asked.length} others are judged.`

const figuresOf = ({ set }: SetResult, { bestSingle }: Judged, systems: readonly Named[]) => ({
  head: ['who answers', ...set.tasks, 'overall', '95 % interval', 'gain, points', 'gain'],
  rows: systems.map(([name, system]) => [
    name,
    ...set.tasks.map(task => percent(system.byTask[task])),
    percent(system.accuracy),
    `${percent(system.ci[0])} to ${percent(system.ci[1])}`,
    pointsOf(system),
    system === bestSingle || bestSingle.accuracy === 0
      ? '-'
      : signed((100 * (system.accuracy - bestSingle.accuracy)) / bestSingle.accuracy, ' %'),
  ]),
})

const pointsOf = (system: System | Routed): string => {
  if (!('gain' in system)) return '-'
  const [value = '', low = '', high = ''] = [system.gain.accuracy, ...system.gain.ci].map(share =>
    signed(share * 100),
  )
  return `${value} (${low} to ${high})`
}

const signed = (value: number, unit = '') => `${value < 0 ? '' : '+'}${value.toFixed(1)}${unit}`

const telling = (one: SetResult): Section => ({
  title: `${nameOf(one)}: telling the tasks apart`,
  figures: {
    head: ['by', ...one.set.tasks, 'overall', 'macro F1', 'unreadable', 'calls'],
    rows: modes.flatMap(mode => {
      const score = one.told[mode]
      if (score === undefined) return []
      return [
        [
          titles[mode],
          ...one.set.tasks.map(task => percent(score.byTask[task])),
          percent(score.accuracy),
          percent(score.macroF1),
          String(score.unreadable),
          percent(score.calls),
        ],
      ]
    }),
  },
})

const publishedTable = (one: SetResult, modelOf: ModelOf): Section[] => {
  const { set, expertSets } = one
  const experts = [...new Set(expertSets.flatMap(({ experts }) => Object.keys(experts)))]
  const rows = experts.flatMap(expert => {
    const found = publishedOf(modelOf(expert), set.name)
    if (found === undefined) return []
    const here = expertSets.find(({ experts }) => expert in experts)?.experts[expert]
    const tasks = set.tasks.map(task => percent(publishedFor(found, task)))
    return [[expert, ...tasks, percent(found.overall), percent(here?.accuracy)]]
  })
  if (rows.length === 0) return []
  return [
    {
      title: `${nameOf(one)}: published figures of these experts`,
      note: `From ${PUBLISHED_BY}: of all its questions, by its own prompt.`,
      figures: { head: ['expert', ...set.tasks, 'overall', 'overall here'], rows },
    },
  ]
}
