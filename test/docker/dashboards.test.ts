import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createMetrics } from '../../src/observe/metrics.ts'
import { root } from '../support/gateway.ts'

const named = (text: string) => text.match(/\b(?:coe|process|nodejs)_[a-z_]+\b/g) ?? []

test('every metric that an alert or the dashboard asks for exists, and every one of ours is documented', async () => {
  const metrics = createMetrics({ experts: () => [], queuedQuestions: () => 0 })
  const kinds = new Map(
    [...(await metrics.text()).matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name = '', kind = '']) => [
      name,
      kind,
    ]),
  )
  const exists = (name: string) =>
    kinds.has(name) || kinds.get(name.replace(/_(bucket|sum|count)$/, '')) === 'histogram'

  const alerts = await readFile(join(root, 'docker/alerts.yml'), 'utf8')
  const dashboard = await readFile(join(root, 'docker/grafana/dashboard.json'), 'utf8')
  const asked = new Set([...named(alerts), ...named(dashboard)])
  expect([...asked].filter(name => !exists(name))).toEqual([])
  const documented = await readFile(join(root, 'docs/api.md'), 'utf8')
  expect(
    [...kinds.keys()].filter(name => name.startsWith('coe_') && !documented.includes(`\`${name}\``)),
  ).toEqual([])
  expect(asked.size).toBeGreaterThan(15)
})
