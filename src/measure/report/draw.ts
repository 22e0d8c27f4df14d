import type { EChartsOption } from 'echarts'
import { barsOf } from './bars.ts'
import type { Chart } from './charts.ts'
import { escapeText } from './escape.ts'
import { confusionOf, gridOf } from './grid.ts'
import { radarOf } from './radar.ts'
import { reliabilityOf } from './reliability.ts'
import { scatterOf } from './scatter.ts'

/** A chart laid out for a width; one that cannot be narrower says its own. */
export type Drawing = { readonly width: number; readonly height: number; readonly option: EChartsOption }

const layout = (chart: Chart, width: number): Drawing => {
  switch (chart.kind) {
    case 'bars':
      return barsOf(chart, width)
    case 'grid':
      return gridOf(chart)
    case 'confusion':
      return confusionOf(chart)
    case 'radar':
      return radarOf(chart, width)
    case 'scatter':
      return scatterOf(chart, width)
    case 'reliability':
      return reliabilityOf(chart, width)
  }
}

export const [WIDE, NARROW] = [720, 340]

/** The chart as SVG: for a desk and for a phone, or once where it cannot be made narrower. */
export const draw = async (chart: Chart): Promise<string> => {
  const [wide, narrow] = [layout(chart, WIDE), layout(chart, NARROW)]
  if (wide.width === narrow.width) return svgOf(chart.title, wide)
  const [large, small] = [await svgOf(chart.title, wide), await svgOf(chart.title, narrow)]
  return `<div class="wide">${large}</div><div class="narrow">${small}</div>`
}

const svgOf = async (title: string, { width, height, option }: Drawing): Promise<string> => {
  // Loaded by whoever asks for a report, and by nobody else.
  const { init } = await import('echarts')
  const chart = init(null, null, { renderer: 'svg', ssr: true, width, height })
  try {
    chart.setOption({ animation: false, textStyle: { fontFamily: 'inherit' }, ...option })
    return bare(chart.renderToSVGString(), title)
  } finally {
    chart.dispose()
  }
}

/** Only what is seen: hover styles, marks for scripts and name spaces are of no use inside a page. */
const bare = (svg: string, title: string): string =>
  svg
    .replace(/<style[\s\S]*?<\/style>/g, '')
    .replace(/ (?:xmlns(?::xlink)?|version|baseProfile|class|pointer-events|ecmeta_\w+)="[^"]*"/g, '')
    .replace(
      / style="font-size:([\d.]+)px;font-family:[\w-]+;((?:font-weight:\w+;)?)"/g,
      (_, size, weight) => ` font-size="${size}"${weight === '' ? '' : ' font-weight="bold"'}`,
    )
    .replace(/^<svg /, `<svg role="img" aria-label="${escapeText(title)}" `)
    .replace(/\n\s*/g, '')
