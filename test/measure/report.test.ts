import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Chart } from '../../src/measure/report/charts.ts'
import { draw } from '../../src/measure/report/draw.ts'
import { markdownFrom } from '../../src/measure/report/markdown.ts'
import { htmlOf } from '../../src/measure/report/page.ts'
import { rankSections, replaySections } from '../../src/measure/report/sections.ts'
import { root } from '../support/gateway.ts'

const hostile = '<script>alert(1)</script>|"x"'
const charts: Chart[] = [
  {
    kind: 'bars',
    title: 'Systems',
    value: 'accuracy',
    rows: [
      { name: 'routed', value: 0.48, lo: 0.47, hi: 0.49, n: 12_002, marked: true },
      { name: hostile, value: 0.31 },
    ],
  },
  {
    kind: 'grid',
    title: 'Experts by task',
    rows: ['gemma', hostile],
    columns: ['build', 'deploy'],
    cells: [
      [{ value: 0.9, lo: 0.85, hi: 0.94, n: 60 }, undefined],
      [{ value: 0.7 }, { value: 0.6 }],
    ],
  },
  {
    kind: 'radar',
    title: 'Over tasks',
    axes: ['build', 'deploy', hostile],
    series: Array.from({ length: 9 }, (_, i) => ({ name: `expert ${i}`, values: [i / 10, undefined, 0.5] })),
  },
  {
    kind: 'scatter',
    title: 'Cost',
    xTitle: 'USD',
    yTitle: 'accuracy',
    points: [
      { name: 'cheap', x: 0.01, y: 0.4 },
      { name: hostile, x: 3, y: 0.6, lo: 0.5, hi: 0.7 },
      { name: 'free', x: 0, y: 0.2, marked: true },
    ],
  },
  {
    kind: 'confusion',
    title: 'Confusion',
    counts: { build: { build: 8, [hostile]: 2 }, [hostile]: { build: 1 } },
  },
  {
    kind: 'reliability',
    title: 'Reliability',
    bins: [{ from: 0.8, to: 0.9, n: 12, confidence: 0.84, accuracy: 0.75 }],
  },
]

test.each(charts.map(chart => [chart.kind, chart] as const))(
  'a %s loads nothing, runs nothing, says what it is, and takes its colours from the page',
  async (_, chart) => {
    const svg = await draw(chart)
    expect(svg).toContain(`role="img" aria-label="${chart.title}"`)
    expect(svg).not.toMatch(/<script|<style|https?:|url\(|href|NaN|undefined|class="zr/)
    expect(svg.match(/(?:fill|stroke)="(?!none|var\(--[a-z0-9]+\))[^"]*"/g) ?? []).toEqual([])
  },
)

test('a page holds every picture with its figures below, under a policy that allows no script', async () => {
  const page = await htmlOf({
    title: hostile,
    sections: charts.map(chart => ({ title: chart.title, chart })),
  })
  expect(page.match(/<h2>/g)).toHaveLength(6)
  expect(page.match(/<table>/g)).toHaveLength(6)
  expect(page).toContain("default-src 'none'")
  expect(page).not.toMatch(/<script|https?:|url\(|NaN|undefined/)
  expect(page).toMatch(/prefers-color-scheme: dark/)
  expect(page).toMatch(/@media print/)
  for (const figure of ['47.0 % to 49.0 %', '90.0 (85.0–94.0) 60', '12002']) expect(page).toContain(figure)
})

test('the same figures stand in Markdown, and a name cannot break its table', () => {
  const text = markdownFrom({ title: 'All', sections: charts.map(chart => ({ title: chart.title, chart })) })
  expect(text).toContain('| routed')
  expect(text).toContain('alert(1)</script>\\|"x"')
  const widths = text
    .split('\n')
    .filter(line => line.startsWith('|'))
    .map(line => line.replaceAll('\\|', '').split('|').length)
  expect(Math.max(...widths)).toBeLessThan(7)
})

test('the same chart is drawn the same way twice', async () => {
  const [chart] = charts
  if (chart !== undefined) expect(await draw(chart)).toBe(await draw(chart))
})

test('the chart library is loaded by whoever asks for a report, and by nobody else', () => {
  const source = readFileSync(join(root, 'src/measure/report/draw.ts'), 'utf8')
  expect(source).not.toMatch(/^import \{.*from 'echarts'/m)
  expect(source).toContain("await import('echarts')")
})

const rate = (accuracy: number) => ({ accuracy, ci: [accuracy - 0.02, accuracy + 0.02] as const })
const byTask = (tasks: number) =>
  Object.fromEntries(
    ['build', 'deploy', 'operate']
      .slice(0, tasks)
      .map(task => [task, { n: 40, experts: { a: rate(0.7), b: rate(0.5) } }]),
  )
const replayed = (tasks: number, cost: Parameters<typeof replaySections>[0]['cost'] = null) =>
  replaySections({
    n: 120,
    experts: { a: rate(0.6), b: rate(0.5) },
    random: rate(0.55),
    bestSingle: rate(0.6),
    nearest: null,
    routedTrueLabels: rate(0.66),
    routed: rate(0.65),
    oracle: rate(0.9),
    byTask: byTask(tasks),
    cost,
  })

test('a replay is shown as bars, radar, heatmap and, where prices are known, against cost', async () => {
  const prices = { routed: 0.4, bestSingle: 1, experts: { a: 1, b: 0.1 } }
  expect(replayed(3, prices).map(({ chart }) => chart?.kind)).toEqual(['bars', 'radar', 'grid', 'scatter'])
  expect(replayed(2).map(({ chart }) => chart?.kind)).toEqual(['bars', 'grid'])
  const page = await htmlOf({ title: 'Replay', sections: replayed(3, prices) })
  for (const figure of ['63.0 % to 67.0 %', '70.0 (68.0–72.0)', '0.400']) expect(page).toContain(figure)
})

test('a ranking is shown by expert and task, what was never measured as a gap', () => {
  const sections = rankSections([
    { name: 'a', overall: { ...rate(0.6), n: 80 }, byTask: { build: { ...rate(0.7), n: 40 } }, cost: 0.2 },
    { name: 'b', overall: { ...rate(0.5), n: 40 }, byTask: { deploy: { ...rate(0.5), n: 40 } }, cost: 0.1 },
  ])
  expect(sections.map(({ chart }) => chart?.kind)).toEqual(['bars', 'grid', 'scatter'])
  const text = markdownFrom({ title: 'Ranking', sections })
  expect(text).toMatch(/\| build +\| +40 \| +70\.0 \(68\.0–72\.0\) \| +- \|/)
  const uneven = rankSections([
    { name: 'a', overall: { ...rate(0.6), n: 40 }, byTask: { build: { ...rate(0.7), n: 40 } } },
    { name: 'b', overall: { ...rate(0.5), n: 7 }, byTask: { build: { ...rate(0.5), n: 7 } } },
  ])
  expect(markdownFrom({ title: 'Uneven', sections: uneven })).toMatch(/70\.0 \(.*\) 40 \| 50\.0 \(.*\) 7 \|/)
  expect(rankSections([])).toEqual([])
})

test('a column of figures stands to the right, one of words to the left, in both forms', async () => {
  const figures = {
    head: ['task', 'n', 'because'],
    rows: [
      ['build', '7', 'a is best'],
      ['test', '-', '3 x'],
    ],
  }
  const page = { title: 'Words', sections: [{ title: 'Whom', figures }], notes: ['pinned | so'] }
  expect(markdownFrom(page)).toContain('|-------|----:|-----------|')
  expect(markdownFrom(page)).toMatch(/## Notes\n\n- pinned \| so$/)
  const html = await htmlOf(page)
  expect(html).toContain('<td class="w">build</td><td>7</td><td class="w">a is best</td>')
  expect(html).toContain('<li>pinned | so</li>')
})
