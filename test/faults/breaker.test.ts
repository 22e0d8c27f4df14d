import { afterEach, expect, test, vi } from 'vitest'
import { answer, event, goodAnswer, JSON_TYPE } from './bytes.ts'
import type { Script } from './faulty-expert.ts'
import { rows, unavailable } from './row.ts'
import { askFor, type Company, expertOf, gatewayFor, get, modelOf, startServers } from './venue.ts'
import { healthOf } from './witness.ts'

afterEach(() => void vi.useRealTimers())

const resets: Script = ({ socket }) => void socket.resetAndDestroy()
const closes: Script = ({ socket }) => void socket.end()
const fails: Script = call => call.finish(answer(503, JSON_TYPE, '{}'))
const html: Script = call => call.finish(answer(200, { 'content-type': 'text/html' }, '<html>'))
const half: Script = call => call.finish(answer(200, JSON_TYPE, '{"choices":'))
const good: Script = call => call.finish(goodAnswer(call.stream, 'faulty'))
const refuses: Script = call => call.finish(answer(400, JSON_TYPE, '{"error":{"message":"no"}}'))

/** One expert whose script can be changed, another that is well; and a clock that only the test moves. */
const start = async (company: Company = 'second') => {
  vi.useFakeTimers({ toFake: ['Date', 'performance'] })
  const row = rows('comes and goes', fails, unavailable(), { only: 'whole' })[0]!
  const id = expertOf(row, company)
  const servers = await startServers()
  const gateway = await gatewayFor(servers, [row])
  let count = 0
  const asked = async (model: string) => {
    const requestId = `r${count++}`
    const seen = await askFor(gateway, servers, { model, stream: false, requestId })
    return {
      status: seen.status,
      expert: seen.headers['x-coe-expert'],
      tried: seen.headers['x-coe-tried'],
      calls: servers.scripted.calls(id, requestId),
      error: () => JSON.parse(seen.bytes.toString()).error,
    }
  }
  return {
    servers,
    gateway,
    id,
    play: (script: Script) => servers.scripted.play(id, script),
    breaker: () => healthOf({ servers, gateway }, id)?.breaker,
    ask: () => asked(modelOf(row, company)),
    pinned: () => asked(`expert/${id}`),
    async [Symbol.asyncDispose]() {
      await gateway[Symbol.asyncDispose]()
      await servers[Symbol.asyncDispose]()
    },
  }
}

/** Five failures, no two alike. */
const breakDown = async (stage: Awaited<ReturnType<typeof start>>, seen: object) => {
  for (const script of [resets, fails, html, half, closes]) {
    expect(stage.breaker()).toBe('closed')
    stage.play(script)
    expect(await stage.ask()).toMatchObject(seen)
  }
  expect(stage.breaker()).toBe('open')
}
const replaced = { status: 200, expert: 'healthy' }

test('an expert that fails five times in a row, however, is left alone: the next one answers without waiting for it', async () => {
  await using stage = await start()
  await breakDown(stage, replaced)
  stage.play(good)
  for (let i = 0; i < 5; i++) {
    expect(await stage.ask()).toMatchObject({ status: 200, expert: 'healthy', calls: 0 })
  }
  const metrics = (await get(`${stage.gateway.url}/metrics`)).bytes.toString()
  expect(metrics).toContain(`coe_expert_breaker_open{expert="${stage.id}"} 1`)
})

test('who has only an expert that is left alone is told so with 503, and so is who names it', async () => {
  await using stage = await start('alone')
  await breakDown(stage, { status: 502, tried: stage.id })
  const alone = await stage.ask()
  expect(alone).toMatchObject({ status: 503, calls: 0 })
  expect(alone.error()).toMatchObject({
    code: 'experts_failed',
    causes: [{ expert: stage.id, code: 'expert_busy' }],
  })
  const pinned = await stage.pinned()
  expect([pinned.status, pinned.calls, pinned.error().code]).toEqual([503, 0, 'expert_busy'])
})

test('after ten seconds one request tries it again, the others do not wait; its answer brings the expert back', async () => {
  await using stage = await start()
  await breakDown(stage, replaced)
  vi.advanceTimersByTime(9_999)
  expect(await stage.ask()).toMatchObject({ expert: 'healthy', calls: 0 })
  vi.advanceTimersByTime(1)
  let answerNow: () => void = () => undefined
  const arrived = new Promise<void>(resolve => {
    stage.play(call => {
      answerNow = () => void good(call)
      resolve()
    })
  })
  const probe = stage.ask()
  await arrived
  expect(stage.breaker()).toBe('probing')
  for (let i = 0; i < 3; i++) expect(await stage.ask()).toMatchObject({ expert: 'healthy', calls: 0 })
  answerNow()
  expect(await probe).toMatchObject({ expert: stage.id, tried: stage.id })
  expect(stage.breaker()).toBe('closed')
  stage.play(good)
  expect(await stage.ask()).toMatchObject({ expert: stage.id, calls: 1 })
})

test('an expert that fails again when it is tried is left alone for another ten seconds', async () => {
  await using stage = await start()
  await breakDown(stage, replaced)
  vi.advanceTimersByTime(10_000)
  stage.play(half)
  expect(await stage.ask()).toMatchObject({ status: 200, expert: 'healthy', calls: 1 })
  expect(stage.breaker()).toBe('open')
  vi.advanceTimersByTime(9_999)
  expect(await stage.ask()).toMatchObject({ expert: 'healthy', calls: 0 })
})

test('requests that the expert refuses never bring it to be left alone, and one good answer makes up for four failures', async () => {
  await using stage = await start()
  for (let i = 0; i < 4; i++) await stage.ask()
  stage.play(good)
  await stage.ask()
  stage.play(fails)
  for (let i = 0; i < 4; i++) await stage.ask()
  stage.play(refuses)
  for (let i = 0; i < 8; i++) expect(await stage.ask()).toMatchObject({ status: 400, calls: 1 })
  expect(stage.breaker()).toBe('closed')
})

test('a stream without end goes on until the client leaves, then the expert is hung up on', async () => {
  await using stage = await start()
  const closed = new Promise<void>(resolve => {
    stage.play(({ socket, send }) => {
      socket.once('close', () => resolve())
      send('HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n')
      const piece = event('x'.repeat(1_000)).repeat(50)
      const more = () => {
        while (socket.writable && socket.write(piece));
      }
      socket.on('drain', more)
      more()
    })
  })
  const leaving = new AbortController()
  const body = { model: `expert/${stage.id}`, stream: true, messages: [{ role: 'user', content: 'x' }] }
  const response = await stage.gateway.post('/v1/chat/completions', body, {
    headers: { 'content-type': 'application/json' },
    signal: leaving.signal,
  })
  let size = 0
  for await (const chunk of response.body!) {
    size += chunk.length
    if (size > 4_000_000) break
  }
  leaving.abort()
  await closed
  expect(size).toBeGreaterThan(4_000_000)
})
