import type { CustomSeriesOption } from 'echarts'
import type { ConfusionChart, Grid } from './charts.ts'
import type { Drawing } from './draw.ts'
import { namesIn } from './figures-of.ts'
import { ink, label, shade, short } from './theme.ts'

type Cell = {
  readonly lines: readonly string[]
  readonly fill: string
  readonly text: string
  readonly best: boolean
}
type Sheet = {
  readonly rows: readonly string[]
  readonly columns: readonly string[]
  readonly size: readonly [number, number]
  cell(x: number, y: number): Cell
}

const LETTERS = 28

/** The best of each column has a frame. */
export const gridOf = ({ rows, columns, cells }: Grid): Drawing => {
  const values = cells.flat().flatMap(cell => cell?.value ?? [])
  const [least, most] = [Math.min(...values), Math.max(...values)]
  const bests = columns.map((_, x) => Math.max(...cells.map(row => row[x]?.value ?? -1)))
  return sheet({
    rows,
    columns,
    size: [66, 38],
    cell: (x, y) => {
      const cell = cells[y]?.[x]
      if (cell === undefined) return { lines: ['–'], fill: 'var(--cell)', text: 'var(--soft)', best: false }
      const { fill, text } = shade(most > least ? (cell.value - least) / (most - least) : 0.5)
      const range =
        cell.lo === undefined || cell.hi === undefined ? [] : [`${points(cell.lo)}–${points(cell.hi)}`]
      return { lines: [points(cell.value), ...range], fill, text, best: cell.value === bests[x] }
    },
  })
}

/** Blue is right, orange is wrong; the root brings small shares, which are the interesting ones, into sight. */
export const confusionOf = ({ counts }: ConfusionChart): Drawing => {
  const [rows, columns] = [Object.keys(counts), namesIn(counts)]
  return sheet({
    rows,
    columns,
    size: [46, 34],
    cell: (x, y) => {
      const row = counts[rows[y] ?? ''] ?? {}
      const count = row[columns[x] ?? ''] ?? 0
      if (count === 0) return { lines: [], fill: 'var(--cell)', text: ink, best: false }
      const share = count / Object.values(row).reduce((sum, value) => sum + value, 0)
      const { fill, text } = shade(Math.sqrt(share), rows[y] === columns[x] ? 'r' : 'w')
      return { lines: [String(count)], fill, text, best: false }
    },
  })
}

const points = (share: number) => (share * 100).toFixed(1)
const longest = (names: readonly string[]) =>
  Math.min(LETTERS, Math.max(3, ...names.map(({ length }) => length)))

const sheet = ({ rows, columns, size: [across, down], cell }: Sheet): Drawing => {
  const [left, bottom] = [16 + 6.6 * longest(rows), 24 + 4.2 * longest(columns)]
  const width = Math.ceil(left + columns.length * across + 24)
  const height = Math.ceil(rows.length * down + bottom + 8)
  const names = (data: readonly string[], rotate: number) => ({
    type: 'category' as const,
    data: data.map(name => short(name, LETTERS)),
    axisLabel: { ...label(), interval: 0, rotate },
    axisLine: { show: false },
    axisTick: { show: false },
  })
  return {
    width,
    height,
    option: {
      grid: { left, right: 24, top: 8, bottom },
      xAxis: names(columns, 40),
      yAxis: { ...names(rows, 0), inverse: true },
      series: [cellsOf({ rows, columns, size: [across, down], cell })],
    },
  }
}

const cellsOf = ({ rows, columns, size: [across, down], cell }: Sheet): CustomSeriesOption => ({
  type: 'custom',
  silent: true,
  data: Array.from({ length: rows.length * columns.length }, (_, i) => [
    i % columns.length,
    Math.floor(i / columns.length),
  ]),
  renderItem: (_, api) => {
    const [x = 0, y = 0] = api.coord([api.value(0), api.value(1)])
    const { lines, fill, text, best } = cell(Number(api.value(0)), Number(api.value(1)))
    const [width, height] = [across - 3, down - 3]
    return {
      type: 'group',
      children: [
        {
          type: 'rect',
          shape: { x: x - width / 2, y: y - height / 2, width, height, r: 3 },
          style: { fill, ...(best && { stroke: ink, lineWidth: 2 }) },
        },
        ...lines.map((words, i) => ({
          type: 'text' as const,
          x,
          y: y + (lines.length > 1 ? (i === 0 ? -7 : 9) : 0),
          style: {
            text: words,
            fill: text,
            fontSize: i === 0 ? 13 : 10,
            align: 'center' as const,
            verticalAlign: 'middle' as const,
            ...(best && i === 0 && { fontWeight: 'bold' as const }),
          },
        })),
      ],
    }
  },
})
