import { rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { loadConfig } from '../../src/config.ts'
import { hangs, stallsAfter, startExpert } from '../support/expert-server.ts'
import { ask, json, mapOf, remote, startGateway } from '../support/gateway.ts'

const runbook = mapOf({ runbook: { builtin: 'runbook' } })

test('an empty key opens nothing: the start is refused, and no credential means no entry', async () => {
  for (const keys of ['me:', 'me:secret,you:', ' , ']) {
    expect(() => loadConfig({ COE_API_KEYS: keys })).toThrow(/COE_API_KEYS/)
  }
  await using gateway = await startGateway(runbook, { COE_API_KEYS: 'me:secret' })
  for (const authorization of ['Bearer ', 'Bearer', 'Basic secret', 'secret']) {
    expect((await fetch(`${gateway.url}/v1/models`, { headers: { authorization } })).status).toBe(401)
  }
})

test('a model named like something every object has does not exist', async () => {
  await using gateway = await startGateway(runbook)
  for (const model of ['constructor', 'toString', '__proto__', 'task/constructor', 'expert/__proto__']) {
    const response = await gateway.post('/v1/chat/completions', ask('x', { model }))
    expect([model, response.status]).toEqual([model, 404])
  }
})

test('what was refused is counted and logged like what was answered', async () => {
  await using gateway = await startGateway(runbook, { COE_API_KEYS: 'me:secret' })
  const headers = { authorization: 'Bearer secret', 'content-type': 'application/json' }
  await gateway.post('/v1/chat/completions', ask('x'))
  await gateway.post('/v1/chat/completions', '{', { headers })
  await gateway.post('/v1/chat/completions', ask('x', { model: 'nope' }), { headers })
  await fetch(`${gateway.url}/v1/%zz`, { headers })
  await fetch(`${gateway.url}/nowhere`)
  const metrics = await (await fetch(`${gateway.url}/metrics`)).text()
  for (const line of [
    'coe_requests_total{endpoint="chat/completions",status="401"} 1',
    'coe_requests_total{endpoint="chat/completions",status="400"} 1',
    'coe_requests_total{endpoint="chat/completions",status="404"} 1',
    'coe_requests_total{endpoint="none",status="404"} 1',
  ]) {
    expect(metrics).toContain(line)
  }
  const codes = gateway.logged.map(line => JSON.parse(line)).filter(line => line.msg === 'answered')
  expect(codes.map(line => line.error)).toEqual(
    expect.arrayContaining(['invalid_api_key', 'invalid_request', 'model_not_found', 'not_found']),
  )
})

test('a client that leaves while it waits is no error of ours', async () => {
  await using expert = await startExpert(hangs())
  await using gateway = await startGateway(mapOf({ a: remote(expert.url) }))
  const leaving = new AbortController()
  const arriving = expert.next()
  const request = gateway.post('/v1/chat/completions', ask('disk is full'), {
    headers: { 'content-type': 'application/json' },
    signal: leaving.signal,
  })
  request.catch(() => undefined)
  await arriving
  leaving.abort()
  await expect.poll(() => gateway.logged.some(line => line.includes('"status":499'))).toBe(true)
  expect(gateway.logged.join('')).not.toContain('request failed')
})

test('a stream that its client leaves is counted as left', async () => {
  await using expert = await startExpert(stallsAfter('one '))
  await using gateway = await startGateway(mapOf({ a: remote(expert.url) }))
  const leaving = new AbortController()
  const response = await gateway.post('/v1/chat/completions', ask('disk is full', { stream: true }), {
    headers: { 'content-type': 'application/json' },
    signal: leaving.signal,
  })
  await response.body?.getReader().read()
  leaving.abort()
  const metrics = async () => (await fetch(`${gateway.url}/metrics`)).text()
  await expect.poll(metrics).toContain('coe_streams_total{expert="a",outcome="left"} 1')
})

test('a file that a map names before it exists is noticed when it appears', async () => {
  await using gateway = await startGateway(runbook)
  const late = join(gateway.folder, 'late.jsonl')
  await gateway.writeMap({ ...runbook, context: ['context.jsonl', 'late.jsonl'] })
  const ready = async () => (await json(fetch(`${gateway.url}/readyz`))).status
  await expect.poll(ready).toBe('degraded')
  await writeFile(late, '{"question": "sourdough starter died", "task": "unknown"}\n')
  await expect.poll(ready).toBe('ok')
  expect(gateway.live.current().snapshot.examples).toHaveLength(21)
  await rm(late)
  await expect.poll(ready).toBe('degraded')
  expect(gateway.live.current().snapshot.examples).toHaveLength(21)
})

test('a slow client does not fill the memory: the expert is read only as fast as the client reads', async () => {
  let sent = 0
  await using expert = await startExpert((_received, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    const event = `data: {"choices":[{"delta":{"content":"${'x'.repeat(60_000)}"}}]}\n\n`
    const more = () => {
      while (sent < 200_000_000 && response.write(event)) sent += event.length
    }
    response.on('drain', more)
    more()
  })
  await using gateway = await startGateway(mapOf({ a: remote(expert.url) }))
  const body = JSON.stringify(ask('disk is full', { stream: true }))
  const { port } = new URL(gateway.url)
  const socket = connect(Number(port), '127.0.0.1', () => {
    socket.write(
      `POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    )
  })
  await new Promise(resolve => socket.once('data', resolve))
  socket.pause()
  let before = -1
  while (before !== sent) {
    before = sent
    await new Promise(resolve => setTimeout(resolve, 100))
  }
  // Socket buffers on both sides hold some megabytes; the rest waits at the expert.
  expect(sent).toBeLessThan(40_000_000)
  socket.destroy()
})
