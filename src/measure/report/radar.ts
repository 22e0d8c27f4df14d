import type { Radar } from './charts.ts'
import type { Drawing } from './draw.ts'
import { hues, ink, label, line, short } from './theme.ts'

const dashes: readonly (readonly number[])[] = [[], [7, 4], [2, 3]]
const marks = ['circle', 'rect', 'triangle', 'diamond', 'circle', 'rect', 'triangle'] as const

/** More than seven outlines are a knot: the first seven are drawn, all stand in the table. */
export const radarOf = ({ axes, series }: Radar, width: number): Drawing => {
  const drawn = series.slice(0, hues.length)
  const isNarrow = width < 500
  const radius = isNarrow ? 80 : 190
  const values = drawn.flatMap(({ values: own }) => own.flatMap(value => value ?? []))
  const max = Math.min(1, Math.ceil(Math.max(...values, 0.1) * 10) / 10)
  const columns = isNarrow ? 1 : 3
  const top = 2 * radius + 86
  return {
    width,
    height: top + Math.ceil(drawn.length / columns) * ENTRY,
    option: {
      radar: {
        indicator: axes.map(name => ({ name: short(name, isNarrow ? 11 : 28), min: 0, max })),
        center: [width / 2, radius + 38],
        radius,
        splitNumber: 4,
        axisName: label(isNarrow ? 11 : 12),
        axisNameGap: 8,
        splitLine: { lineStyle: { color: line } },
        splitArea: { show: false },
        axisLine: { lineStyle: { color: line } },
      },
      series: drawn.map(({ name, values: own }, i) => ({
        type: 'radar' as const,
        silent: true,
        symbol: marks[i] ?? 'circle',
        symbolSize: 7,
        itemStyle: { color: hues[i] ?? ink, opacity: 1 },
        lineStyle: { color: hues[i] ?? ink, width: 2, type: [...dashOf(i)] },
        data: [{ name, value: axes.map((_, axis) => own[axis] ?? 0) }],
      })),
      graphic: drawn.flatMap(({ name }, i) => {
        const [x, y] = [8 + (i % columns) * (width / columns), top + Math.floor(i / columns) * ENTRY]
        return entry(short(name, isNarrow ? 40 : 28), i, [x, y])
      }),
    },
  }
}

const ENTRY = 24
const dashOf = (i: number) => dashes[i % dashes.length] ?? []

/** A piece of the line, and whose it is. */
const entry = (text: string, i: number, [x, y]: readonly [number, number]) => [
  {
    type: 'line' as const,
    silent: true,
    shape: { x1: x, y1: y, x2: x + 36, y2: y },
    style: { stroke: hues[i] ?? ink, lineWidth: 2, lineDash: [...dashOf(i)] },
  },
  { type: 'text' as const, silent: true, x: x + 44, y: y - 7, style: { text, fill: ink, fontSize: 12 } },
]
