import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createMetrics } from '../../src/observe/metrics.ts'
import { root } from '../support/gateway.ts'
import { labels, metricsPage } from './metrics-page.ts'

const described = createMetrics({ experts: () => [], queuedQuestions: () => 0 }).described()

/** After a change of the metrics: npx vitest run test/docs/metrics.test.ts -u */
test('docs/metrics.md lists every metric as it is: name, type, labels, meaning', async () => {
  await expect(metricsPage(described)).toMatchFileSnapshot(join(root, 'docs/metrics.md'))
})

test('every label of ours is explained, and none is explained that is not there', () => {
  const used = described.filter(({ name }) => name.startsWith('coe_')).flatMap(metric => metric.labels)
  expect(Object.keys(labels).sort()).toEqual([...new Set(used)].sort())
})
