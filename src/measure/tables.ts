import type { Result } from './figures.ts'
import { decimal, percent } from './format.ts'
import type { Mean } from './mean.ts'
import type { Section } from './report/charts.ts'
import type { Measured } from './run.ts'

export type Report = {
  readonly title: string
  readonly measured: readonly Measured[]
  /** Over all parts; undefined when there is only one. */
  readonly mean: Mean | undefined
}

export type Table = {
  readonly title: string
  readonly head: readonly string[]
  readonly rows: readonly (readonly string[])[]
}

export const asSection = ({ title, head, rows }: Table): Section => ({ title, figures: { head, rows } })

export const shown = ({ measured, mean }: Report): Result | undefined => mean ?? measured[0]?.result

/** What both forms of the report show, in their order. */
export const tablesOf = (report: Report): Table[] => {
  const result = shown(report)
  if (result === undefined) return []
  return [
    overall(result, report.mean),
    coverage(result),
    tasks(result),
    mistakes(result),
    ...(result.perturbed === undefined ? [] : [damage(result.perturbed)]),
    ...(report.measured.length > 1 ? [parts(report.measured)] : []),
    cost(result),
  ]
}

const overall = (result: Result, mean: Mean | undefined): Table => {
  const { unknown } = result
  const spread = mean?.spread.accuracy
  return {
    title: 'Overall',
    head: ['figure', 'value'],
    rows: [
      ['questions', String(result.n)],
      ['accuracy', percent(result.accuracy)],
      ...(spread === undefined
        ? []
        : [['accuracy, lowest to highest part', `${percent(spread.min)} to ${percent(spread.max)}`]]),
      ['accuracy of what the neighbours say first', percent(result.accuracyOfFirst)],
      ['macro F1', percent(result.macroF1)],
      ['calibration error (ECE)', decimal(result.ece)],
      ...(mean === undefined ? [] : [['the same over all parts together', decimal(mean.eceOfAll)]]),
      ...(unknown === null
        ? []
        : [
            ['unknown: questions', String(unknown.n)],
            ['unknown: AUROC', decimal(unknown.auroc)],
            ['unknown: recall', percent(unknown.recall)],
            ['unknown: precision', percent(unknown.precision)],
          ]),
    ],
  }
}

const coverage = ({ coverage: byAllowed }: Result): Table => ({
  title: 'Decided by the neighbours alone',
  head: ['allowed error', 'share decided', 'observed error', 'threshold'],
  rows: Object.entries(byAllowed).map(([allowed, { share, error, threshold }]) => [
    percent(Number(allowed)),
    percent(share),
    percent(error),
    decimal(threshold),
  ]),
})

const tasks = ({ byTask }: Result): Table => ({
  title: 'By task',
  head: ['task', 'questions', 'recall', 'precision', 'F1'],
  rows: Object.entries(byTask).map(([task, { n, recall, precision, f1 }]) => [
    task,
    String(n),
    percent(recall),
    percent(precision),
    percent(f1),
  ]),
})

const MISTAKES = 12

const mistakes = ({ confusion }: Result): Table => ({
  title: 'Most frequent mistakes',
  head: ['task', 'decided as', 'questions', 'share of the task'],
  rows: Object.entries(confusion)
    .flatMap(([truth, row]) => {
      const n = Object.values(row).reduce((sum, count) => sum + count, 0)
      return Object.entries(row).map(([task, count]) => ({ truth, task, count, of: n }))
    })
    .filter(({ truth, task }) => truth !== task)
    .sort((a, b) => b.count - a.count)
    .slice(0, MISTAKES)
    .map(({ truth, task, count, of }) => [truth, task, String(count), percent(count / of)]),
})

const damage = (perturbed: NonNullable<Result['perturbed']>): Table => ({
  title: 'Damaged questions',
  head: ['damage', 'accuracy', 'points lost', 'mean confidence', 'decided at 5 %', 'their error'],
  rows: Object.entries(perturbed).map(([kind, damaged]) => [
    kind,
    percent(damaged.accuracy),
    (damaged.drop * 100).toFixed(1),
    decimal(damaged.meanConfidence),
    percent(damaged.coverage),
    percent(damaged.coverageError),
  ]),
})

const parts = (measured: readonly Measured[]): Table => ({
  title: 'Part by part',
  head: ['part', 'questions', 'accuracy', 'macro F1', 'ECE', 'decided at 5 %', 'their error'],
  rows: measured.map(({ name, result }) => [
    name,
    String(result.n),
    percent(result.accuracy),
    percent(result.macroF1),
    decimal(result.ece),
    percent(result.coverage['0.05']?.share),
    percent(result.coverage['0.05']?.error),
  ]),
})

const cost = ({ latencyMs, ...result }: Result): Table => ({
  title: 'What it costs',
  head: ['', 'p50', 'p99'],
  rows: [
    ...(['encode', 'search', 'decide'] as const).map(step => [
      `${step}, ms`,
      decimal(latencyMs[step].p50, 2),
      decimal(latencyMs[step].p99, 2),
    ]),
    ['one question, ms', decimal(latencyMs.p50, 2), decimal(latencyMs.p99, 2)],
    [
      `preparing ${Math.round(result.examples)} examples (${Math.round(result.encoded)} encoded), s`,
      decimal(result.prepareMs / 1000, 1),
      '',
    ],
    ['resident memory, MB', decimal(result.residentMB, 0), ''],
    ['classifier calls (failed)', `${result.classifierCalls} (${result.classifierFailed})`, ''],
  ],
})
