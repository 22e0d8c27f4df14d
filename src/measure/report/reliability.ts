import type { CustomSeriesRenderItem } from 'echarts'
import type { Reliability } from './charts.ts'
import type { Drawing } from './draw.ts'
import { hues, label, line, marked, percentAxis, plain, soft } from './theme.ts'

const COUNTS = 70

/** Bars: what was right at each confidence; the dashed line is where they should end. Below: how many questions. */
export const reliabilityOf = ({ bins }: Reliability, width: number): Drawing => {
  const side = Math.min(width - 84, 400)
  const [left, top] = [60, 32]
  const most = Math.max(1, ...bins.map(({ n }) => n))
  const share = { type: 'value' as const, min: 0, max: 1, interval: 0.25, ...percentAxis }
  const title = { nameTextStyle: { ...label(), align: 'left' as const }, nameGap: 12 }
  return {
    width: width < 500 ? width : side + 84,
    height: top + side + 66 + COUNTS + 12,
    option: {
      grid: [
        { left, top, width: side, height: side },
        { left, top: top + side + 66, width: side, height: COUNTS },
      ],
      xAxis: [
        { ...share, name: 'confidence', nameLocation: 'middle', nameTextStyle: label(), nameGap: 26 },
        { ...share, gridIndex: 1, show: false },
      ],
      yAxis: [
        { ...share, name: 'share right', ...title },
        {
          type: 'value',
          gridIndex: 1,
          min: 0,
          max: most,
          interval: most,
          name: 'questions',
          ...title,
          axisLabel: label(),
          axisLine: { show: false },
          axisTick: { show: false },
          splitLine: { lineStyle: { color: line } },
        },
      ],
      series: [
        {
          type: 'custom',
          silent: true,
          data: bins.map(bin => [bin.from, bin.to, bin.accuracy]),
          renderItem: columns('var(--r2)'),
        },
        {
          type: 'custom',
          silent: true,
          xAxisIndex: 1,
          yAxisIndex: 1,
          data: bins.map(bin => [bin.from, bin.to, bin.n]),
          renderItem: columns(plain),
        },
        { type: 'custom', silent: true, data: [[0, 0, 1]], renderItem: ideal },
        {
          type: 'scatter',
          silent: true,
          clip: false,
          symbolSize: 9,
          itemStyle: { color: hues[1] ?? marked, opacity: 1 },
          data: bins.map(bin => [bin.confidence, bin.accuracy]),
        },
      ],
    },
  }
}

const ideal: CustomSeriesRenderItem = (_, api) => {
  const [x1 = 0, y1 = 0] = api.coord([0, 0])
  const [x2 = 0, y2 = 0] = api.coord([1, 1])
  return {
    type: 'line',
    shape: { x1, y1, x2, y2 },
    style: { fill: 'none', stroke: soft, lineWidth: 1.5, lineDash: [6, 5] },
  }
}

const columns =
  (fill: string): CustomSeriesRenderItem =>
  (_, api) => {
    const [x = 0, y = 0] = api.coord([api.value(0), api.value(2)])
    const [right = 0, floor = 0] = api.coord([api.value(1), 0])
    return { type: 'rect', shape: { x: x + 1, y, width: right - x - 2, height: floor - y }, style: { fill } }
  }
