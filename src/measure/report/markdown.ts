import type { Figures } from './charts.ts'
import { figuresOf, numbered } from './figures-of.ts'
import type { Page } from './page.ts'

/** The same for a terminal and for a repository: figures without pictures. */
export const markdownFrom = ({ title, lead, sections, notes = [] }: Page): string =>
  [
    `# ${title}`,
    ...(lead === undefined ? [] : [lead]),
    ...sections.flatMap(section => {
      const figures = figuresOf(section)
      if (figures === undefined) return []
      // What is said of a picture is of no use without it.
      const note = section.note === undefined || section.chart !== undefined ? [] : [section.note]
      return [`## ${section.title}`, ...note, tableOf(figures)]
    }),
    ...(notes.length === 0 ? [] : ['## Notes', notes.map(note => `- ${note}`).join('\n')]),
  ].join('\n\n')

const tableOf = (figures: Figures): string => {
  const cells = [figures.head, ...figures.rows].map(row =>
    row.map(cell => cell.replaceAll('|', '\\|').replace(/\s+/g, ' ')),
  )
  const toTheRight = numbered(figures)
  const widths = figures.head.map((_, i) => Math.max(3, ...cells.map(row => row[i]?.length ?? 0)))
  const padded = (cell: string, i: number) =>
    toTheRight[i] === true ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0)
  const line = (row: readonly string[]) => `| ${row.map(padded).join(' | ')} |`
  const rules = widths.map((width, i) =>
    toTheRight[i] === true ? `${'-'.repeat(width + 1)}:` : '-'.repeat(width + 2),
  )
  const [first = [], ...others] = cells
  return [line(first), `|${rules.join('|')}|`, ...others.map(line)].join('\n')
}
