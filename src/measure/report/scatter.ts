import type { CustomSeriesRenderItem } from 'echarts'
import type { Scatter } from './charts.ts'
import type { Drawing } from './draw.ts'
import { ink, label, line, marked, paper, percentAxis, plain, short, soft } from './theme.ts'

/** With the line of those that nobody beats in both: whatever lies below it costs more or knows less than it need. */
export const scatterOf = ({ points, xTitle, yTitle }: Scatter, width: number): Drawing => {
  const xs = points.map(({ x }) => x).filter(x => x > 0)
  const isLog = points.every(({ x }) => x > 0) && Math.max(...xs) > 20 * Math.min(...xs)
  const ys = points.flatMap(({ y, lo, hi }) => [lo ?? y, hi ?? y])
  const name = { name: xTitle, nameLocation: 'middle' as const, nameGap: 30, nameTextStyle: label() }
  return {
    width,
    height: width < 500 ? 340 : 420,
    option: {
      grid: { left: 56, right: width < 500 ? 24 : 110, top: 34, bottom: 52 },
      xAxis: {
        type: isLog ? ('log' as const) : ('value' as const),
        ...name,
        ...(isLog && {
          min: 10 ** Math.floor(Math.log10(Math.min(...xs))),
          max: 10 ** Math.ceil(Math.log10(Math.max(...xs))),
        }),
        axisLabel: label(),
        axisLine: { lineStyle: { color: line } },
        axisTick: { show: false },
        splitLine: { lineStyle: { color: line } },
      },
      yAxis: {
        type: 'value',
        name: yTitle,
        nameTextStyle: { ...label(), align: 'left' },
        min: Math.max(0, Math.floor(Math.min(...ys) * 20) / 20),
        max: Math.min(1, Math.ceil(Math.max(...ys) * 20) / 20),
        ...percentAxis,
      },
      series: [
        { type: 'custom', silent: true, data: [[0, 0]], renderItem: frontier(unbeaten(points)) },
        {
          type: 'custom',
          silent: true,
          data: points.map(({ x, y, lo, hi }) => [x, lo ?? y, hi ?? y]),
          renderItem: whisker,
        },
        {
          type: 'scatter',
          silent: true,
          clip: false,
          symbolSize: 11,
          data: points.map(point => ({
            value: [point.x, point.y],
            symbol: point.marked === true ? 'diamond' : 'circle',
            itemStyle: { color: point.marked === true ? marked : plain, opacity: 1 },
          })),
        },
        {
          type: 'custom',
          silent: true,
          data: points.map(({ x, y }) => [x, y]),
          renderItem: names(
            points.map(point => short(point.name, width < 500 ? 14 : 24)),
            width,
          ),
        },
      ],
    },
  }
}

/** Steps: what costs no more than that gets no further than this. */
const frontier =
  (best: Scatter['points']): CustomSeriesRenderItem =>
  (_, api) => {
    const corners = best.map(({ x, y }) => api.coord([x, y]))
    const steps = corners.flatMap((corner, i) => {
      const before = corners[i - 1]
      return before === undefined ? [corner] : [[corner[0] ?? 0, before[1] ?? 0], corner]
    })
    return {
      type: 'polyline',
      shape: { points: steps },
      style: { fill: 'none', stroke: soft, lineWidth: 1.5, lineDash: [6, 5] },
    }
  }

const whisker: CustomSeriesRenderItem = (_, api) => {
  const [x1 = 0, y1 = 0] = api.coord([api.value(0), api.value(1)])
  const [, y2 = 0] = api.coord([api.value(0), api.value(2)])
  return {
    type: 'line',
    shape: { x1, y1, x2: x1, y2 },
    style: { fill: 'none', stroke: soft, lineWidth: 1.5 },
  }
}

const halo = { stroke: paper, lineWidth: 3, fontSize: 12, verticalAlign: 'middle' } as const
const [LETTER, LINE] = [6.6, 15]

/** Beside its point, or further down where another name stands already; to the left where the right has no room. */
const names = (texts: readonly string[], width: number): CustomSeriesRenderItem => {
  const placed: { from: number; to: number; y: number }[] = []
  return ({ dataIndex }, api) => {
    const [x = 0, y = 0] = api.coord([api.value(0), api.value(1)])
    const text = texts[dataIndex] ?? ''
    const wide = text.length * LETTER
    const from = x + 10 + wide > width ? x - 10 - wide : x + 10
    const isTaken = (at: number) =>
      placed.some(other => Math.abs(other.y - at) < LINE && other.from < from + wide && from < other.to)
    let at = y - 9
    for (let step = 1; isTaken(at) && step < 20; step++)
      at = y - 9 + LINE * (step % 2 ? 1 : -1) * Math.ceil(step / 2)
    placed.push({ from, to: from + wide, y: at })
    return { type: 'text', x: from, y: at, style: { ...halo, text, fill: ink } }
  }
}

const unbeaten = (points: Scatter['points']) =>
  points
    .filter(({ x, y }) => !points.some(other => other.x <= x && other.y >= y && (other.x < x || other.y > y)))
    .sort((a, b) => a.x - b.x || a.y - b.y)
