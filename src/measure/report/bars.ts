import type { CustomSeriesRenderItem } from 'echarts'
import { percent } from '../format.ts'
import type { Bars } from './charts.ts'
import type { Drawing } from './draw.ts'
import { ink, marked, percentAxis, plain, short } from './theme.ts'

const [ROW, VALUE] = [30, 56]

export const barsOf = ({ rows }: Bars, width: number): Drawing => {
  const letters = width < 500 ? 15 : 28
  const left = 10 + 7.4 * Math.min(letters, Math.max(...rows.map(({ name }) => name.length), 4))
  const most = Math.max(...rows.map(({ value, hi }) => hi ?? value), 0.01)
  return {
    width,
    height: rows.length * ROW + 40,
    option: {
      grid: { left, right: VALUE, top: 8, bottom: 32 },
      xAxis: { type: 'value', min: 0, max: roundUp(most), splitNumber: width < 500 ? 3 : 5, ...percentAxis },
      yAxis: {
        type: 'category',
        inverse: true,
        data: rows.map(({ name }) => short(name, letters)),
        axisLabel: { color: ink, fontSize: 12, interval: 0 },
        axisLine: { show: false },
        axisTick: { show: false },
      },
      series: [
        {
          type: 'bar',
          silent: true,
          barWidth: 16,
          data: rows.map(row => ({
            value: row.value,
            itemStyle: { color: row.marked === true ? marked : plain },
          })),
        },
        {
          type: 'custom',
          silent: true,
          z: 3,
          renderItem: whisker,
          data: rows.map(({ lo, hi, value }, y) => [y, lo ?? value, hi ?? value]),
        },
        {
          type: 'custom',
          silent: true,
          z: 3,
          data: rows.map(({ value }, y) => [y, value]),
          renderItem: (_, api) => ({
            type: 'text',
            x: width - VALUE + 8,
            y: api.coord([0, api.value(0)])[1] ?? 0,
            style: { text: percent(Number(api.value(1))), fill: ink, fontSize: 12, verticalAlign: 'middle' },
          }),
        },
      ],
    },
  }
}

const roundUp = (most: number) => Math.min(1, Math.ceil(most * 20) / 20)

const whisker: CustomSeriesRenderItem = (_, api) => {
  const [from = 0, y = 0] = api.coord([api.value(1), api.value(0)])
  const [to = 0] = api.coord([api.value(2), api.value(0)])
  if (to - from < 0.5) return { type: 'group', children: [] }
  const stroke = (x1: number, y1: number, x2: number, y2: number) => ({
    type: 'line' as const,
    shape: { x1, y1, x2, y2 },
    style: { fill: 'none', stroke: ink, lineWidth: 1.5 },
  })
  return {
    type: 'group',
    children: [stroke(from, y, to, y), stroke(from, y - 5, from, y + 5), stroke(to, y - 5, to, y + 5)],
  }
}
