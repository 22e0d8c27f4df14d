import * as prom from 'prom-client'
import { expect, test } from 'vitest'
import { Counter, Histogram } from '../../src/observe/series.ts'

const described = { name: 'coe_test', help: 'What "it" \\ counts.', labelNames: ['expert', 'code'] as const }
const buckets = [0.1, 1, 10]
const experts = ['a', 'b"quoted"', 'c\\d']

const sorted = async (registry: prom.Registry) => (await registry.metrics()).split('\n').sort()

test('a counter says what a counter of prom-client would say', async () => {
  const [own, theirs] = [new prom.Registry(), new prom.Registry()]
  const counter = new Counter(own, described)
  const other = new prom.Counter({ ...described, labelNames: [...described.labelNames], registers: [theirs] })
  expect(await sorted(own)).toEqual(await sorted(theirs))
  for (const [at, expert] of [...experts, ...experts].entries()) {
    counter.inc([expert, '200'], at)
    counter.inc([expert, '502'])
    other.inc({ expert, code: '200' }, at)
    other.inc({ expert, code: '502' })
  }
  expect(await sorted(own)).toEqual(await sorted(theirs))
  expect(await sorted(own)).toContain('coe_test{expert="a",code="200"} 3')
})

test('a histogram says what a histogram of prom-client would say, with labels and without', async () => {
  for (const labelNames of [[], ['expert', 'code']]) {
    const [own, theirs] = [new prom.Registry(), new prom.Registry()]
    const histogram = new Histogram(own, { ...described, labelNames }, buckets)
    const other = new prom.Histogram({ ...described, labelNames, buckets, registers: [theirs] })
    expect(await sorted(own)).toEqual(await sorted(theirs))
    for (const value of [0, 0.1, 0.1000001, 1, 5, 10, 11, 1e9]) {
      histogram.observe(labelNames, value)
      other.observe(Object.fromEntries(labelNames.map(name => [name, name])), value)
    }
    expect(await sorted(own)).toEqual(await sorted(theirs))
  }
})

test('what several processes counted adds up', async () => {
  const values = [1, 2].map(times => {
    const registry = new prom.Registry()
    const counter = new Counter(registry, described)
    const histogram = new Histogram(
      registry,
      { name: 'coe_test_seconds', help: 'h', labelNames: [] },
      buckets,
    )
    for (let time = 0; time < times; time++) {
      counter.inc(['a', '200'])
      histogram.observe([], 0.5)
    }
    return registry.getMetricsAsJSON()
  })
  const text = await prom.AggregatorRegistry.aggregate(await Promise.all(values)).metrics()
  for (const line of [
    'coe_test{expert="a",code="200"} 3',
    'coe_test_seconds_bucket{le="1"} 3',
    'coe_test_seconds_sum 1.5',
  ])
    expect(text.split('\n')).toContain(line)
})
