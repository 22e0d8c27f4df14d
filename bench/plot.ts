import type { EChartsOption } from 'echarts'
import type { Growth } from './growth.ts'

const [PANEL, HEIGHT, COLUMNS] = [240, 210, 3]

/** Colours are variables of the picture, so that one serves light, dark and paper. */
const style = `<style>
  svg { --ink: #1b1f24; --soft: #4f5963; --line: #d5dae0; --mark: #0072b2; --paper: #fff;
    background: var(--paper); font-family: system-ui, sans-serif }
  @media (prefers-color-scheme: dark) { svg {
    --ink: #e6e9ec; --soft: #a9b3bd; --line: #343c46; --mark: #56b4e9; --paper: #14181d } }
  @media print { svg { --ink: #1b1f24; --soft: #4f5963; --line: #d5dae0; --mark: #0072b2; --paper: #fff } }
</style>`

/** One picture for each thing that grows, with a panel for each thing that grows with it. */
export const plotOf = async (growth: Growth): Promise<string> => {
  const { init } = await import('echarts')
  const columns = Math.min(COLUMNS, growth.panels.length)
  const rows = Math.ceil(growth.panels.length / columns)
  const chart = init(null, null, {
    renderer: 'svg',
    ssr: true,
    width: columns * PANEL,
    height: rows * HEIGHT,
  })
  try {
    chart.setOption({ animation: false, ...optionOf(growth, columns) })
    return standalone(chart.renderToSVGString(), growth.title)
  } finally {
    chart.dispose()
  }
}

const soft = { color: 'var(--soft)', fontSize: 11 }
const ruled = { lineStyle: { color: 'var(--line)' } }

const optionOf = ({ title, panels, points }: Growth, columns: number): EChartsOption => {
  const corner = (at: number) => ({ left: (at % columns) * PANEL, top: Math.floor(at / columns) * HEIGHT })
  return {
    title: panels.map((panel, at) => ({
      text: `${panel.title}, ${panel.unit}`,
      left: corner(at).left + 12,
      top: corner(at).top + 8,
      textStyle: { color: 'var(--ink)', fontSize: 13, fontWeight: 'bold' as const },
    })),
    grid: panels.map((_, at) => ({
      left: corner(at).left + 46,
      top: corner(at).top + 44,
      width: PANEL - 72,
      height: HEIGHT - 98,
    })),
    xAxis: panels.map((_, gridIndex) => ({
      gridIndex,
      type: 'category' as const,
      data: points.map(({ x }) => short(x)),
      name: title,
      nameLocation: 'middle' as const,
      nameGap: 26,
      nameTextStyle: soft,
      axisLabel: soft,
      axisLine: ruled,
      axisTick: { show: false },
    })),
    yAxis: panels.map((_, gridIndex) => ({
      gridIndex,
      type: 'value' as const,
      min: 0,
      splitNumber: 3,
      axisLabel: { ...soft, formatter: short },
      splitLine: ruled,
      axisLine: { show: false },
    })),
    series: panels.map(({ key }, at) => ({
      type: 'line' as const,
      xAxisIndex: at,
      yAxisIndex: at,
      symbol: 'circle',
      symbolSize: 7,
      lineStyle: { color: 'var(--mark)', width: 2 },
      itemStyle: { color: 'var(--mark)', opacity: 1 },
      label: {
        show: true,
        position: 'top' as const,
        color: 'var(--ink)',
        fontSize: 11,
        formatter: ({ value }: { value?: unknown }) => short(Number(value)),
      },
      data: points.map(({ values }) => values[key] ?? null),
    })),
  }
}

/** `1.5`, `23`, `1 k`, `100 k`, `1 M`. */
export const short = (value: number): string => {
  if (value >= 1e6) return `${digits(value / 1e6)} M`
  if (value >= 1e4 || (value >= 1e3 && value % 1e3 === 0)) return `${digits(value / 1e3)} k`
  return digits(value)
}

const digits = (value: number) => (value >= 20 ? value.toFixed(0) : String(Number(value.toPrecision(2))))

/** Marks for scripts are of no use in a file. */
const standalone = (svg: string, title: string) =>
  svg
    .replace(/<style[\s\S]*?<\/style>/g, '')
    .replace(/ (?:class|pointer-events|ecmeta_\w+)="[^"]*"/g, '')
    .replace(/font-family:[\w-]+;?/g, '')
    .replace(
      /^<svg [^>]*>/,
      open => `${open.replace('<svg ', `<svg role="img" aria-label="${title}" `)}${style}`,
    )
