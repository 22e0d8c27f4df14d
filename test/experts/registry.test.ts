import { expect, test } from 'vitest'
import type { Ask } from '../../src/experts/expert.ts'
import { createRegistry } from '../../src/experts/registry.ts'
import { fails, hangs, startExpert } from '../support/expert-server.ts'

const never = new AbortController().signal
const asking: Ask = {
  endpoint: 'chat/completions',
  stream: false,
  bodyFor: () => Buffer.from('{}'),
  requestId: 'r',
  hop: 1,
  headers: {},
  passages: async () => [],
}
const definition = (url: string, more: object = {}) => ({
  url,
  model: 'fake',
  timeout: 10_000,
  idle: 10_000,
  concurrency: 4,
  queue: 4,
  ...more,
})

test('an expert that keeps failing is still left alone when its limits change, and tried with another key', async () => {
  await using server = await startExpert(fails(401))
  const registry = createRegistry()
  const hire = (more: object) => registry.hire({ experts: new Map([['a', definition(server.url, more)]]) })
  const first = await hire({})
  const a = first.experts.get('a')
  for (let i = 0; i < 5; i++) await a?.answer(asking, never).catch(() => undefined)
  expect(a?.health().breaker).toBe('open')

  const limits = await hire({ timeout: 5_000, concurrency: 2 })
  first.release()
  expect(limits.experts.get('a')).not.toBe(a)
  expect(limits.experts.get('a')?.health().breaker).toBe('open')
  const key = await hire({ key: 'mended' })
  limits.release()
  expect(key.experts.get('a')?.health().breaker).toBe('closed')
  key.release()
  expect(registry.report()).toEqual([])
})

test('while two generations of an expert are at work, what runs at both is reported, and both are drained', async () => {
  await using server = await startExpert(hangs())
  const registry = createRegistry()
  const hire = (more: object) => registry.hire({ experts: new Map([['a', definition(server.url, more)]]) })
  const leaving = new AbortController()
  const old = await hire({})
  const calls = [
    old.experts
      .get('a')
      ?.answer(asking, leaving.signal)
      .catch(() => undefined),
  ]
  const now = await hire({ model: 'newer' })
  calls.push(
    now.experts
      .get('a')
      ?.answer(asking, leaving.signal)
      .catch(() => undefined),
  )
  expect(registry.report()).toEqual([
    {
      id: 'a',
      about: { kind: 'openai', origin: new URL(server.url).origin, model: 'newer' },
      breaker: 'closed',
      inFlight: 2,
      queued: 0,
      draining: false,
    },
  ])
  expect(registry.drain('a', true)).toBe(true)
  for (const crew of [old, now]) {
    await expect(crew.experts.get('a')?.answer(asking, never)).rejects.toMatchObject({ code: 'expert_busy' })
  }
  expect(registry.drain('b', true)).toBe(false)
  leaving.abort()
  await Promise.all(calls)
  old.release()
  now.release()
})

test('an expert that is drained does not classify either, also in a later map', async () => {
  await using server = await startExpert(hangs())
  const registry = createRegistry()
  const hire = (timeout: number) =>
    registry.hire({ experts: new Map([['a', definition(server.url)]]), classifier: { expert: 'a', timeout } })
  const wanted = { prompt: { system: '', user: '' }, maxTokens: 1, tasks: [] }
  const before = await hire(1_000)
  registry.drain('a', true)
  const after = await hire(2_000)
  for (const crew of [before, after]) {
    await expect(crew.classifier?.complete(wanted, 1, never)).rejects.toThrow(
      'Classifier "a" is being drained',
    )
    crew.release()
  }
  expect(server.received).toHaveLength(0)
})
