import { expect, test } from 'vitest'
import { exposureProblem } from '../../src/http/access/exposure.ts'
import { inUnits } from '../../src/http/access/headers.ts'
import { createLimits, type Limit } from '../../src/http/access/limits.ts'
import { rate as rateSchema } from '../../src/knowledge/access-schema.ts'

const limit = (rate?: string, concurrency?: number): Limit => ({
  rate: rate === undefined ? undefined : rateSchema.parse(rate),
  concurrency,
})

const clocked = () => {
  let time = 0
  const limits = createLimits(() => time)
  return { limits, pass: (ms: number) => (time += ms) }
}

test("as many requests as the rate's amount may come at once, then one each time a share of it has passed", async () => {
  const { limits, pass } = clocked()
  const admit = async () => (await limits.admit('bot', limit('600/m'))).admitted
  for (let i = 0; i < 600; i++) expect(await admit()).toBe(true)
  expect(await admit()).toBe(false)
  pass(99)
  expect(await admit()).toBe(false)
  pass(1)
  expect(await admit()).toBe(true)
  expect(await admit()).toBe(false)
  pass(3_600_000)
  for (let i = 0; i < 600; i++) expect(await admit()).toBe(true)
  expect(await admit()).toBe(false)
})

test('many small waits add up to whole requests', async () => {
  const { limits, pass } = clocked()
  const admit = async () => (await limits.admit('bot', limit('3/s'))).admitted
  while (await admit());
  let admitted = 0
  for (let i = 0; i < 3_000; i++) {
    pass(1)
    if (await admit()) admitted++
  }
  expect(admitted).toBe(9)
})

test('who is refused is told how long to wait, and after that wait is let in', async () => {
  const { limits, pass } = clocked()
  await limits.admit('bot', limit('2/h'))
  await limits.admit('bot', limit('2/h'))
  const refused = await limits.admit('bot', limit('2/h'))
  expect(refused).toMatchObject({
    admitted: false,
    exceeded: 'rate',
    retryAfterMs: 1_800_000,
    standing: { amount: 2, remaining: 0, resetMs: 3_600_000 },
  })
  pass(1_800_000)
  expect(await limits.admit('bot', limit('2/h'))).toMatchObject({ admitted: true })
})

test('one key does not use up what another has', async () => {
  const { limits } = clocked()
  const admit = async (name: string) => (await limits.admit(name, limit('1/h'))).admitted
  expect([await admit('a'), await admit('a'), await admit('b')]).toEqual([true, false, true])
})

test('a place is held until it is given back, once', async () => {
  const { limits } = clocked()
  const admit = () => limits.admit('bot', limit(undefined, 2))
  const [first, second] = [await admit(), await admit()]
  expect(await admit()).toMatchObject({ admitted: false, exceeded: 'concurrency', retryAfterMs: 1_000 })
  if (!first.admitted || !second.admitted) throw new Error('both have a place')
  first.release()
  first.release()
  expect((await admit()).admitted).toBe(true)
  expect((await admit()).admitted).toBe(false)
})

test('who finds no place pays nothing of the rate for it', async () => {
  const { limits } = clocked()
  const both = limit('2/h', 1)
  const first = await limits.admit('bot', both)
  expect(await limits.admit('bot', both)).toMatchObject({
    exceeded: 'concurrency',
    standing: { remaining: 1 },
  })
  if (first.admitted) first.release()
  expect((await limits.admit('bot', both)).admitted).toBe(true)
})

test('a rate that was changed counts from what was used, and never gives more than its amount', async () => {
  const { limits } = clocked()
  for (let i = 0; i < 600; i++) await limits.admit('bot', limit('600/m'))
  expect((await limits.admit('bot', limit('1000/h'))).admitted).toBe(false)
  await limits.admit('other', limit('600/m'))
  expect(await limits.admit('other', limit('5/m'))).toMatchObject({ standing: { amount: 5, remaining: 4 } })
})

test('names that are gone are forgotten, unless something of theirs still runs', async () => {
  const { limits } = clocked()
  const held = await limits.admit('running', limit('9/s'))
  for (let i = 0; i < 100; i++) {
    const admission = await limits.admit(`gone-${i}`, limit('9/s'))
    if (admission.admitted) admission.release()
  }
  limits.keep(new Set(['kept']))
  expect(limits.size()).toBe(1)
  if (held.admitted) held.release()
  limits.keep(new Set(['kept']))
  expect(limits.size()).toBe(0)
})

test('times are written as OpenAI writes them, and rounded up', () => {
  expect([0, 0.2, 120, 999.5, 1_000, 8_640, 360_000, 3_600_000, 5_025_500].map(inUnits)).toEqual([
    '0ms',
    '1ms',
    '120ms',
    '1s',
    '1s',
    '8.64s',
    '6m0s',
    '1h0m0s',
    '1h23m45.5s',
  ])
})

test('only a loopback address may be listened on without a key, unless somebody says so', () => {
  const problem = (host: string, more = {}, access?: object) =>
    exposureProblem({ host, insecure: false, apiKeys: [], ...more }, access as never)
  for (const host of ['127.0.0.1', '127.8.9.1', '::1', '::ffff:127.0.0.1', 'localhost', 'LOCALHOST']) {
    expect([host, problem(host)]).toEqual([host, undefined])
  }
  for (const host of ['0.0.0.0', '::', '10.0.0.1', '::ffff:10.0.0.1', 'gateway.internal', 'localhost.evil']) {
    expect(problem(host)).toContain(`Others can reach ${host}`)
    expect(problem(host)).toMatch(/COE_API_KEYS.*coe-ops key new.*--insecure/)
    expect(problem(host, { insecure: true })).toBeUndefined()
    expect(problem(host, { apiKeys: [{ name: 'me', key: 'secret' }] })).toBeUndefined()
    expect(problem(host, {}, { me: {} })).toBeUndefined()
  }
})
