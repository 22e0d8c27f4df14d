import { type Report, type Table, tablesOf } from './tables.ts'

/** The report for a terminal and for a repository. */
export const markdownOf = (report: Report): string => tablesAsMarkdown(report.title, tablesOf(report))

export const tablesAsMarkdown = (title: string, tables: readonly Table[]): string =>
  [`# ${title}`, ...tables.map(asMarkdown)].join('\n\n')

const asMarkdown = ({ title, head, rows }: Table): string => {
  const cells = [head, ...rows].map(row => row.map(cell => cell.replaceAll('|', '\\|')))
  const widths = head.map((_, i) => Math.max(3, ...cells.map(row => row[i]?.length ?? 0)))
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join(' | ')} |`
  const rule = `|${widths.map((width, i) => (i === 0 ? '-'.repeat(width + 2) : `${'-'.repeat(width + 1)}:`)).join('|')}|`
  const [first = [], ...others] = cells
  return [`## ${title}`, '', line(first), rule, ...others.map(line)].join('\n')
}
