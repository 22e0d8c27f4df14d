import { wilson } from '../../knowledge/wilson.ts'
import type { Ranking } from '../fit.ts'
import { percent } from '../format.ts'
import type { Section } from '../report/charts.ts'
import { markdownFrom } from '../report/markdown.ts'
import type { Page } from '../report/page.ts'
import { illustrated, type RankedExpert, rankSections } from '../report/sections.ts'
import type { ExpertRun } from './expert-run.ts'
import type { Tally } from './tally.ts'

export type RankReport = {
  readonly title: string
  readonly questions: number
  readonly experts: ReadonlyMap<string, { readonly run: ExpertRun; readonly tally: Tally }>
  readonly ranking: Readonly<Record<string, Ranking>> | undefined
  /** What a reader must know before using it. */
  readonly notes: readonly string[]
}

/** For a terminal and a repository. */
export const rankMarkdown = (report: RankReport): string =>
  markdownFrom({ ...frameOf(report), sections: [experts(report), byTask(report), ...whomToAsk(report)] })

/** With pictures. */
export const rankPage = (report: RankReport): Page => ({
  ...frameOf(report),
  sections: illustrated(rankSections(measured(report)), [experts(report), ...whomToAsk(report)]),
})

const frameOf = ({ title, questions, notes }: RankReport) => ({
  title,
  lead: `${questions} questions. Unreadable answers count as not right; open questions count neither way.`,
  notes,
})

const measured = ({ experts }: RankReport): RankedExpert[] =>
  [...experts]
    .filter(([, { tally }]) => tally.n > 0)
    .map(([name, { run, tally }]) => ({
      name,
      overall: rateOf(tally.right, tally.n),
      byTask: Object.fromEntries(
        Object.entries(tally.byTask).map(([task, { accuracy, n }]) => [task, rateOf(accuracy * n, n)]),
      ),
      ...(run.cost !== null && { cost: run.cost }),
    }))

const rateOf = (right: number, n: number) => ({ accuracy: right / n, ci: wilson(right, n), n })

const experts = ({ experts }: RankReport): Section => ({
  title: 'Side by side',
  figures: {
    head: ['expert', 'accuracy', '95 % between', 'answered', 'unreadable', 'open', 'median', 'cost'],
    rows: [...experts].map(([id, { run, tally }]) => [
      id,
      percent(tally.accuracy),
      tally.n === 0 ? '-' : interval(tally.right, tally.n),
      String(tally.n),
      String(tally.unreadable),
      String(run.open.length),
      run.medianMs === null ? '-' : `${(run.medianMs / 1000).toFixed(1)} s`,
      run.cost === null ? '-' : `${money(run.cost)}${run.usage.estimated ? ' (about)' : ''}`,
    ]),
  },
})

const byTask = ({ experts }: RankReport): Section => ({
  title: 'Accuracy by task',
  figures: {
    head: ['task', ...experts.keys()],
    rows: tasksOf(experts).map(task => [
      task,
      ...[...experts.values()].map(({ tally }) => {
        const score = tally.byTask[task]
        return score === undefined ? '-' : `${percent(score.accuracy)} of ${score.n}`
      }),
    ]),
  },
})

const whomToAsk = ({ ranking }: RankReport): Section[] =>
  ranking === undefined
    ? []
    : [
        {
          title: 'Whom to ask',
          figures: {
            head: ['task', 'first', 'because'],
            rows: Object.entries(ranking).map(
              ([
                task,
                {
                  experts: [first = '-'],
                  because,
                },
              ]) => [task, first, because],
            ),
          },
        },
      ]

const interval = (right: number, n: number) => {
  const [low, high] = wilson(right, n)
  return `${(low * 100).toFixed(1)} to ${(high * 100).toFixed(1)}`
}

export const money = (sum: number) => `$${sum.toFixed(sum < 1 ? 4 : 2)}`

const tasksOf = (experts: RankReport['experts']) =>
  [...new Set([...experts.values()].flatMap(({ tally }) => Object.keys(tally.byTask)))].sort()
