import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { createMetrics } from '../../src/observe/metrics.ts'
import { root } from '../support/gateway.ts'

const described = createMetrics({ experts: () => [], queuedQuestions: () => 0 }).described()

/** The series that a scrape has, each with its labels: a histogram is three of them. */
const series = new Map(
  described.flatMap(({ name, type, labels }) =>
    type === 'histogram'
      ? ['_bucket', '_sum', '_count'].map(
          end => [`${name}${end}`, end === '_bucket' ? [...labels, 'le'] : labels] as const,
        )
      : [[name, labels] as const],
  ),
)

/** Labels that Prometheus adds. */
const ofTheScrape = ['job', 'instance']

type Asked = { readonly where: string; readonly expr: string; readonly told: string }
type Rule = { alert: string; expr: string; annotations: Record<string, string> }
type Panel = { title: string; targets: { expr: string; legendFormat: string }[] }

const readAsked = async (): Promise<Asked[]> => {
  const alerts = parse(await readFile(join(root, 'docker/alerts.yml'), 'utf8')) as {
    groups: { rules: Rule[] }[]
  }
  const dashboard = JSON.parse(await readFile(join(root, 'docker/grafana/dashboard.json'), 'utf8')) as {
    panels: Panel[]
    annotations: { list: { name: string; expr: string }[] }
  }
  return [
    ...alerts.groups.flatMap(({ rules }) =>
      rules.map(({ alert, expr, annotations }) => ({
        where: alert,
        expr,
        told: Object.values(annotations).join(' '),
      })),
    ),
    ...dashboard.panels.flatMap(({ title, targets }) =>
      targets.map(({ expr, legendFormat }) => ({ where: title, expr, told: legendFormat })),
    ),
    ...dashboard.annotations.list.map(({ name, expr }) => ({ where: name, expr, told: '' })),
  ]
}

const namesIn = (text: string) => text.match(/\b(?:coe|process|nodejs)_[a-z_]+\b/g) ?? []

/** What an expression selects by, groups by, or shows. */
const labelsIn = ({ expr, told }: Asked) => [
  ...[...expr.matchAll(/\{([^}]*)\}/g)].flatMap(([, inside = '']) =>
    [...inside.matchAll(/(\w+)\s*(?:=~|!=|!~|=)/g)].map(([, label = '']) => label),
  ),
  ...[...expr.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, list = '']) => list.split(',').map(l => l.trim())),
  ...[...told.matchAll(/\{\{\s*(?:\$labels\.)?(\w+)\s*\}\}/g)].map(([, label = '']) => label),
]

test('every metric and every label that an alert or the dashboard asks for exists', async () => {
  const asked = await readAsked()
  const wrong = asked.flatMap(one => {
    const names = namesIn(one.expr)
    const known = [...ofTheScrape, ...names.flatMap(name => series.get(name) ?? [])]
    return [
      ...names.filter(name => !series.has(name)),
      ...labelsIn(one).filter(label => !known.includes(label)),
    ].map(name => `${one.where}: ${name}`)
  })
  expect(wrong).toEqual([])
  expect(asked.length).toBeGreaterThan(50)
})

test('every metric of ours is on the dashboard or in an alert, and what an alert advises to look at exists', async () => {
  const asked = await readAsked()
  const shown = new Set(asked.flatMap(({ expr }) => namesIn(expr)))
  const ends = ['', '_bucket', '_count', '_sum']
  const hidden = described
    .map(({ name }) => name)
    .filter(name => name.startsWith('coe_') && !ends.some(end => shown.has(`${name}${end}`)))
  expect(hidden).toEqual([])
  expect(
    asked.flatMap(({ told }) => namesIn(told)).filter(name => !described.some(m => m.name === name)),
  ).toEqual([])
})

test('no two panels share an id or a place', async () => {
  const { panels } = JSON.parse(await readFile(join(root, 'docker/grafana/dashboard.json'), 'utf8')) as {
    panels: { id: number; gridPos: { x: number; y: number } }[]
  }
  expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length)
  expect(new Set(panels.map(({ gridPos }) => `${gridPos.x},${gridPos.y}`)).size).toBe(panels.length)
})
