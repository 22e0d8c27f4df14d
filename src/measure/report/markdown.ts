import type { Figures } from './charts.ts'
import { figuresOf } from './figures-of.ts'
import type { Page } from './page.ts'

/** The same for a terminal and for a repository: figures without pictures. */
export const markdownFrom = ({ title, lead, sections }: Page): string =>
  [
    `# ${title}`,
    ...(lead === undefined ? [] : [lead]),
    ...sections.flatMap(section => {
      const figures = figuresOf(section)
      const note = section.note === undefined ? [] : [section.note]
      return [`## ${section.title}`, ...note, ...(figures === undefined ? [] : [tableOf(figures)])]
    }),
  ].join('\n\n')

const tableOf = ({ head, rows }: Figures): string => {
  const cells = [head, ...rows].map(row => row.map(cell => cell.replaceAll('|', '\\|').replace(/\s+/g, ' ')))
  const widths = head.map((_, i) => Math.max(3, ...cells.map(row => row[i]?.length ?? 0)))
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join(' | ')} |`
  const rule = `|${widths.map((width, i) => (i === 0 ? '-'.repeat(width + 2) : `${'-'.repeat(width + 1)}:`)).join('|')}|`
  const [first = [], ...others] = cells
  return [line(first), rule, ...others.map(line)].join('\n')
}
