import { useEffect, useRef, useState } from 'preact/hooks'
import UPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import type { Minute } from '../../api/types.ts'

/** What of each minute is drawn. */
export type Curve = 'latency' | 'failed'

type ChartProps = {
  readonly minutes: readonly Minute[]
  readonly curve: Curve
  readonly label: string
  /** With axes and values under the pointer; otherwise a line and nothing else. */
  readonly large?: boolean
}

/** The last hour of an expert, a minute a point. Its label says in words what it shows. */
export const Chart = ({ minutes, curve, label, large = false }: ChartProps) => {
  const box = useRef<HTMLDivElement>(null)
  const plot = useRef<UPlot | undefined>(undefined)
  const dark = useDark()
  const timed = Math.min(FEW, minutes.filter(({ p50Ms }) => typeof p50Ms === 'number').length)
  useEffect(() => {
    if (box.current === null) return
    const drawn = new UPlot(optionsOf(box.current, curve, { large, minutes: timed }), [[], []], box.current)
    plot.current = drawn
    const sized = new ResizeObserver(([entry]) => {
      if (entry !== undefined) drawn.setSize({ width: entry.contentRect.width, height: heightOf(large) })
    })
    sized.observe(box.current)
    return () => {
      sized.disconnect()
      drawn.destroy()
    }
  }, [curve, large, dark, timed])
  useEffect(() => plot.current?.setData(dataOf(minutes, curve)), [minutes, curve, large, dark, timed])
  return <div ref={box} class={`chart ${curve}${large ? ' large' : ''}`} role="img" aria-label={label} />
}

/** Minutes without an answer are left out by the gateway; after so many the line ends and begins anew. */
const APART_S = 5 * 60

const dataOf = (minutes: readonly Minute[], curve: Curve): UPlot.AlignedData => {
  const times: number[] = []
  const values: (number | null)[] = []
  for (const { at, p50Ms, failed } of minutes) {
    const value = curve === 'latency' ? p50Ms : failed
    if (typeof value !== 'number') continue
    const time = Date.parse(at) / 1_000
    const before = times.at(-1)
    if (curve === 'latency' && before !== undefined && time - before > APART_S) {
      times.push(before + 1)
      values.push(null)
    }
    times.push(time)
    values.push(value)
  }
  return [times, values]
}

const heightOf = (large: boolean) => (large ? 160 : 30)

const HOUR_S = 3_600
/** So few may stand alone, where a line shows nothing. */
const FEW = 30

type Look = { readonly large: boolean; readonly minutes: number }

const optionsOf = (box: HTMLElement, curve: Curve, { large, minutes }: Look): UPlot.Options => {
  const { color, borderColor, fontFamily } = getComputedStyle(box)
  const axis: UPlot.Axis = {
    show: large,
    stroke: borderColor,
    font: `12px ${fontFamily}`,
    grid: { stroke: `color-mix(in srgb, ${borderColor} 25%, transparent)`, width: 1 },
    ticks: { show: false },
  }
  return {
    width: box.clientWidth || 120,
    height: heightOf(large),
    legend: { show: large },
    cursor: { show: large, drag: { x: false, y: false } },
    padding: large ? [8, 8, 0, 0] : [2, 0, 2, 0],
    scales: {
      x: { range: (_, __, last) => [last - HOUR_S, last] },
      y: { range: (_, __, most) => [0, Math.max(1, most * 1.05)] },
    },
    axes: [
      { ...axis, values: '{HH}:{mm}' },
      { ...axis, size: 64, values: (_, values) => values.map(value => String(value)) },
    ],
    series: [
      { value: (_, at) => (at === null ? '' : new Date(at * 1_000).toLocaleTimeString()) },
      {
        label: curve === 'latency' ? 'p50 in ms' : 'failed',
        stroke: color,
        width: 1.5,
        points: { show: large || minutes < FEW, size: large ? 5 : 3, fill: color },
        ...(curve === 'latency' ? {} : barsOf(color)),
      },
    ],
  }
}

const barsOf = (fill: string): Partial<UPlot.Series> => {
  const paths = UPlot.paths.bars?.({ size: [0.7, 20] })
  return { fill, width: 0, points: { show: false }, ...(paths && { paths }) }
}

/** Canvases do not follow the colour scheme by themselves. */
const useDark = (): boolean => {
  const [dark, setDark] = useState(() => scheme().matches)
  useEffect(() => {
    const change = () => setDark(scheme().matches)
    scheme().addEventListener('change', change)
    return () => scheme().removeEventListener('change', change)
  }, [])
  return dark
}

const scheme = () => matchMedia('(prefers-color-scheme: dark)')
