import { decimal, percent } from '../format.ts'
import type { Chart, Figures, Section } from './charts.ts'

/** The numbers of a picture, for whoever cannot see it and whoever wants to copy them. */
export const figuresOf = ({ chart, figures }: Section): Figures | undefined => {
  if (figures === 'elsewhere') return undefined
  return figures ?? (chart === undefined ? undefined : byKind(chart))
}

/** Which columns are read as numbers, and stand to the right; the first names the row. */
export const numbered = ({ head, rows }: Figures): boolean[] =>
  head.map((_, column) => column > 0 && rows.every(row => /^(?:-?$|[-+$]?\d)/.test(row[column] ?? '')))

const byKind = (chart: Chart): Figures => {
  switch (chart.kind) {
    case 'bars':
      return {
        head: ['', chart.value, 'interval', 'questions'],
        rows: chart.rows.map(row => [
          row.name,
          percent(row.value),
          interval(row),
          row.n === undefined ? '-' : String(row.n),
        ]),
      }
    case 'grid':
      return {
        head: ['% (interval) questions', ...chart.columns],
        rows: chart.rows.map((name, y) => [
          name,
          ...chart.columns.map((_, x) => cellOf(chart.cells[y]?.[x])),
        ]),
      }
    case 'radar':
      return {
        head: ['', ...chart.axes],
        rows: chart.series.map(({ name, values }) => [name, ...chart.axes.map((_, i) => percent(values[i]))]),
      }
    case 'scatter':
      return {
        head: ['', chart.xTitle, chart.yTitle, 'interval'],
        rows: chart.points.map(point => [point.name, amount(point.x), percent(point.y), interval(point)]),
      }
    case 'confusion':
      return confusionFigures(chart.counts)
    case 'reliability':
      return {
        head: ['confidence', 'questions', 'mean confidence', 'share right'],
        rows: chart.bins.map(bin => [
          `${percent(bin.from)} to ${percent(bin.to)}`,
          String(bin.n),
          percent(bin.confidence),
          percent(bin.accuracy),
        ]),
      }
  }
}

/** A thousand answers may cost less than a cent. */
const amount = (x: number) => (x > 0 && x < 0.1 ? x.toPrecision(2) : decimal(x))

type Ranged = { readonly lo?: number; readonly hi?: number }

const interval = ({ lo, hi }: Ranged) =>
  lo === undefined || hi === undefined ? '-' : `${percent(lo)} to ${percent(hi)}`

type Cell = (Ranged & { readonly value: number; readonly n?: number }) | undefined

export const cellOf = (cell: Cell, withCount = true): string => {
  if (cell === undefined) return '-'
  const { value, lo, hi, n } = cell
  const range = lo === undefined || hi === undefined ? [] : [`(${points(lo)}–${points(hi)})`]
  return [points(value), ...range, ...(n === undefined || !withCount ? [] : [String(n)])].join(' ')
}

const points = (share: number) => (share * 100).toFixed(1)

type Counts = Readonly<Record<string, Readonly<Record<string, number>>>>

export const namesIn = (counts: Counts): string[] => [
  ...new Set([...Object.keys(counts), ...Object.values(counts).flatMap(row => Object.keys(row))]),
]

const confusionFigures = (counts: Counts): Figures => {
  const names = namesIn(counts)
  return {
    head: ['true, decided as', ...names],
    rows: Object.entries(counts).map(([truth, row]) => [truth, ...names.map(name => String(row[name] ?? 0))]),
  }
}
