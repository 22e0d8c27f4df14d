import { wilson } from '../../knowledge/wilson.ts'
import type { Ranking } from '../fit.ts'
import { percent } from '../format.ts'
import { escapeText } from '../report/escape.ts'
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

type Table = {
  readonly title: string
  readonly head: readonly string[]
  readonly rows: readonly (readonly string[])[]
}

const tablesOf = ({ experts, ranking }: RankReport): Table[] => [
  {
    title: 'Experts',
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
  {
    title: 'Accuracy by task',
    head: ['task', ...experts.keys()],
    rows: tasksOf(experts).map(task => [
      task,
      ...[...experts.values()].map(({ tally }) => {
        const score = tally.byTask[task]
        return score === undefined ? '-' : `${percent(score.accuracy)} of ${score.n}`
      }),
    ]),
  },
  ...(ranking === undefined
    ? []
    : [
        {
          title: 'Whom to ask',
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
      ]),
]

const interval = (right: number, n: number) => {
  const [low, high] = wilson(right, n)
  return `${(low * 100).toFixed(1)} to ${(high * 100).toFixed(1)}`
}

export const money = (sum: number) => `$${sum.toFixed(sum < 1 ? 4 : 2)}`

const tasksOf = (experts: RankReport['experts']) =>
  [...new Set([...experts.values()].flatMap(({ tally }) => Object.keys(tally.byTask)))].sort()

export const rankMarkdown = (report: RankReport): string =>
  [
    `# ${report.title}`,
    `${report.questions} questions. Unreadable answers count as not right; open questions count neither way.`,
    ...tablesOf(report).map(asMarkdown),
    ...(report.notes.length === 0 ? [] : [`## Notes\n\n${report.notes.map(note => `- ${note}`).join('\n')}`]),
  ].join('\n\n')

const asMarkdown = ({ title, head, rows }: Table): string => {
  const cells = [head, ...rows].map(row => row.map(cell => cell.replaceAll('|', '\\|')))
  const widths = head.map((_, i) => Math.max(3, ...cells.map(row => row[i]?.length ?? 0)))
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(' | ')} |`
  const rule = `|${widths.map(width => '-'.repeat(width + 2)).join('|')}|`
  const [first = [], ...others] = cells
  return [`## ${title}`, '', line(first), rule, ...others.map(line)].join('\n')
}

/** One page that needs nothing from anywhere. */
export const rankPage = (report: RankReport): string => {
  const title = escapeText(report.title)
  const notes = report.notes.map(note => `<li>${escapeText(note)}</li>`).join('')
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>${style}</style>
<main>
<h1>${title}</h1>
<p>${report.questions} questions. Unreadable answers count as not right; open questions count neither way.</p>
${tablesOf(report).map(asHtml).join('\n')}
${notes === '' ? '' : `<section><h2>Notes</h2><ul>${notes}</ul></section>`}
</main>
</html>
`
}

const asHtml = ({ title, head, rows }: Table): string => {
  const row = (tag: string, cells: readonly string[]) =>
    cells.map(cell => `<${tag}${shade(cell)}>${escapeText(cell)}</${tag}>`).join('')
  return `<section><h2>${escapeText(title)}</h2><div class="wide"><table><thead><tr>${row('th', head)}</tr></thead>
<tbody>${rows.map(cells => `<tr>${row('td', cells)}</tr>`).join('\n')}</tbody></table></div></section>`
}

/** The deeper, the more was right; the figure says the same. */
const shade = (cell: string) => {
  const share = /^([\d.]+) % of \d+$/.exec(cell)?.[1]
  return share === undefined ? '' : ` style="--share:${Number(share) / 2}%"`
}

const style = `
:root { color-scheme: light dark; --paper: #fff; --ink: #1b1f24; --line: #d5dae0; --right: #4c97dd }
@media (prefers-color-scheme: dark) { :root { --paper: #14181d; --ink: #e6e9ec; --line: #343c46; --right: #2f6ea8 } }
@media print { :root { --paper: #fff; --ink: #000; --line: #bbb } * { print-color-adjust: exact } }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif }
main { max-width: 1040px; margin: 0 auto; padding: 32px 24px 64px }
.wide { overflow-x: auto } table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: 15px }
th, td { padding: 4px 14px 4px 6px; border-bottom: 1px solid var(--line); text-align: left }
td[style] { background: color-mix(in srgb, var(--right) var(--share), transparent) }
`
