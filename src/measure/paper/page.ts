import { wilson } from '../../knowledge/wilson.ts'
import { percent } from '../format.ts'
import type { Section } from '../report/charts.ts'
import type { Page } from '../report/page.ts'
import { illustrated } from '../report/sections.ts'
import type { Judged } from './judge.ts'
import { modes, titles } from './modes.ts'
import type { PaperResult, SetResult } from './run.ts'
import { type ModelOf, nameOf, paperTables, systemsOf, titleOf } from './tables.ts'

export type PaperReport = {
  readonly title: string
  readonly result: PaperResult
  readonly modelOf: ModelOf
  readonly notes: readonly string[]
}

export const paperPage = ({ title, result, modelOf, notes }: PaperReport): Page => ({
  title,
  tiles: result.sets.flatMap(tilesOf),
  sections: illustrated(result.sets.flatMap(picturesOf), paperTables(result, modelOf)),
  notes,
})

/** The tables alone, for a terminal and a repository. */
export const paperTablesPage = ({ title, result, modelOf, notes }: PaperReport): Page => ({
  ...{ title, notes },
  sections: paperTables(result, modelOf),
})

const tilesOf = ({ set, told, expertSets: [judged] }: SetResult) => {
  const routed = judged?.routed.withContext ?? judged?.routed.neighbours
  if (judged === undefined || routed === undefined) return []
  return [
    { name: `set ${set.name}, routed`, value: percent(routed.accuracy) },
    { name: `set ${set.name}, best single expert`, value: percent(judged.bestSingle.accuracy) },
    {
      name: `set ${set.name}, tasks told right`,
      value: percent((told.withContext ?? told.neighbours)?.accuracy),
    },
  ]
}

const picturesOf = (one: SetResult): Section[] => [
  ...one.expertSets.flatMap(judged => [bars(one, judged), byTask(one, judged)]),
  ...confusions(one),
]

const bars = (one: SetResult, judged: Judged): Section => ({
  title: titleOf(one, judged, 'who answers right'),
  note: 'Share of questions answered right, with 95 % intervals.',
  chart: {
    kind: 'bars',
    title: 'Share of questions answered right',
    value: 'right',
    rows: systemsOf(judged).map(([name, system, brief = name]) => ({
      name: brief,
      value: system.accuracy,
      ...{ lo: system.ci[0], hi: system.ci[1], n: one.judged },
      marked: 'gain' in system && system !== judged.trueTasks,
    })),
  },
})

const byTask = (one: SetResult, judged: Judged): Section => {
  const { tasks } = one.set
  const counts = one.told.neighbours?.confusion ?? {}
  const questions = (task: string) => Object.values(counts[task] ?? {}).reduce((sum, count) => sum + count, 0)
  return {
    title: titleOf(one, judged, 'task by task'),
    note: 'Share right in percent, 95 % interval below. The stronger the colour, the better; the best of each task has a frame.',
    chart: {
      kind: 'grid',
      title: 'Share right by task',
      rows: systemsOf(judged).map(([name, , brief = name]) => brief),
      columns: tasks,
      cells: systemsOf(judged).map(([, { byTask: shares }]) =>
        tasks.map(task => {
          const [value, n] = [shares[task], questions(task)]
          if (value === undefined) return undefined
          const [lo, hi] = wilson(value * n, n)
          return { value, lo, hi, n }
        }),
      ),
    },
    figures: 'elsewhere',
  }
}

const confusions = (one: SetResult): Section[] =>
  modes.flatMap(mode => {
    const score = one.told[mode]
    if (score === undefined) return []
    return [
      {
        title: `${nameOf(one)}: what was mistaken for what, ${titles[mode]}`,
        note: 'Rows: what is true. Columns: what was decided. Blue is right, orange is wrong.',
        chart: { kind: 'confusion' as const, title: `Confusion, ${titles[mode]}`, counts: score.confusion },
      },
    ]
  })
