import { afterAll, beforeAll, expect, test } from 'vitest'
import { extentOf } from '../../src/http/openai/extent.ts'
import { cpuMs } from '../support/cpu.ts'
import { hangs, startExpert } from '../support/expert-server.ts'
import { ask, json, mapOf, type RunningGateway, remote, startGateway } from '../support/gateway.ts'
import { heldMemory } from '../support/memory.ts'
import { exchange, type RawClient, rawClient, rawRequest } from '../support/raw.ts'

const runbook = mapOf({ runbook: { builtin: 'runbook' } })
const CHAT = 'POST /v1/chat/completions'
const JSON_TYPE = 'content-type: application/json'
const good = JSON.stringify(ask('my pod restarts with exit code 137'))
let plain: RunningGateway
beforeAll(async () => {
  plain = await startGateway(runbook)
})
afterAll(() => plain[Symbol.asyncDispose]())

const statusOf = (text: string) => Number(/^HTTP\/1\.1 (\d+)/.exec(text)?.[1])
const metricsOf = async (gateway: { url: string }) => (await fetch(`${gateway.url}/metrics`)).text()

test('who says nothing, drips headers or drips a body is hung up on, and told why', async () => {
  await using gateway = await startGateway(runbook, {}, { limits: { headersMs: 200, requestMs: 500 } })
  const [silent, headers, body] = [
    await rawClient(gateway.url),
    await rawClient(gateway.url),
    await rawClient(gateway.url),
  ]
  headers.send(`${CHAT} HTTP/1.1\r\nhost: x\r\n`)
  body.send(rawRequest(CHAT, [JSON_TYPE, 'content-length: 1000']))
  const drip = setInterval(() => {
    headers.send('x-a: b\r\n')
    body.send(' ')
  }, 20)
  const began = performance.now()
  await silent.closed
  expect(statusOf(await headers.closed)).toBe(408)
  expect(headers.received()).toContain('"code":"request_timeout"')
  await body.closed
  clearInterval(drip)
  // Nobody has waited for the limits that hold elsewhere, of which the shortest is 15 s.
  expect(performance.now() - began).toBeLessThan(10_000)
  expect((await gateway.post('/v1/chat/completions', good)).status).toBe(200)
  expect(await metricsOf(gateway)).toMatch(/coe_refused_total\{because="timeout"\} [23]/)
})

test('headers without end are refused, and so is what is no HTTP at all, in the envelope of OpenAI', async () => {
  const large = await exchange(plain.url, rawRequest(CHAT, [`x-large: ${'x'.repeat(20_000)}`]))
  expect([statusOf(large), large.includes('"code":"headers_too_large"')]).toEqual([431, true])
  for (const nonsense of ['\x16\x03\x01\x02\x00\x01', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'hello\r\n\r\n']) {
    const answer = await exchange(plain.url, nonsense)
    expect([statusOf(answer), answer.includes('"code":"invalid_request"')]).toEqual([400, true])
  }
})

test('a body that is nested or filled without end is refused at once, and no expert sees it', async () => {
  await using expert = await startExpert()
  await using gateway = await startGateway(mapOf({ a: remote(expert.url) }))
  const deep = (open: string, close: string, times: number) =>
    `{"messages":[{"role":"user","content":"x"}],"a":${open.repeat(times)}1${close.repeat(times)}}`
  const many = (element: string) => `{"messages":[${element}${`,${element}`.repeat(499_000)}]}`
  const cases: [string, string, string][] = [
    ['deep lists', deep('[', ']', 100_000), 'levels deep'],
    ['deep objects', deep('{"a":', '}', 100_000), 'levels deep'],
    ['deep and broken', '['.repeat(1_000_000), 'levels deep'],
    ['two levels over', deep('[', ']', 130), 'levels deep'],
    ['values without end', many('[]'), 'values'],
    [
      'names without end',
      deep('{"a":1,"b":1,"c":', '}', 120).replace('1}', `1${',"z":0'.repeat(100_000)}}`),
      'named',
    ],
    ['nothing but mistakes', many('1'), 'messages[0]'],
    [
      'one mistake at the end',
      many('{"role":""}')
        .slice(0, 1_000_000)
        .replace(/,[^,]*$/, ',1]}'),
      'messages[',
    ],
    ['a poisoned key', '{"messages":[{"role":"user","content":"x"}],"a":{"__proto__":{"b":1}}}', 'forbidden'],
    ['another', '{"messages":[],"constructor":{"prototype":{"b":1}}}', 'forbidden'],
    ['one in disguise', '{"messages":[],"\\u005f_proto__":{"b":1}}', 'forbidden'],
  ]
  for (const [what, body, says] of cases) {
    const began = cpuMs()
    const response = await gateway.post('/v1/chat/completions', body)
    const { error } = await json(response)
    expect([what, response.status, error.message.includes(says) || error.message]).toEqual([what, 400, true])
    expect([what, cpuMs() - began < 1_500]).toEqual([what, true])
  }
  expect(({} as { b?: number }).b).toBeUndefined()
  expect(expert.received).toHaveLength(0)
  const fine = await gateway.post('/v1/chat/completions', deep('[', ']', 100))
  expect(fine.status).toBe(200)
})

test('brackets and commas inside of texts are no nesting', () => {
  const most = { depth: 10, values: 10, members: 10 }
  const text = JSON.stringify({
    a: '[[[[[[[[[[[[[[{{{{{{{{{{{,,,,,,,,,,,:::::::::::::"\\" [[[[[[[[[[[[[[[[[\\',
  })
  expect(extentOf(Buffer.from(text), most)).toEqual({ depth: 1, values: 2, members: 1 })
})

test('a message may have parts without any text', async () => {
  const content = [
    { type: 'text', text: 'what does this graph say?' },
    { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } },
  ]
  const response = await plain.post('/v1/chat/completions', { messages: [{ role: 'user', content }] })
  expect(response.status).toBe(200)
})

test('more connections than allowed are closed as they come; when some go, others get in', async () => {
  await using gateway = await startGateway(runbook, { COE_MAX_CONNECTIONS: '3' })
  const open = [await rawClient(gateway.url), await rawClient(gateway.url), await rawClient(gateway.url)]
  const refused = await Promise.all(Array.from({ length: 20 }, () => rawClient(gateway.url)))
  expect(await Promise.all(refused.map(client => client.closed))).toEqual(Array(20).fill(''))
  for (const client of open) client.leave()
  const status = () =>
    fetch(`${gateway.url}/healthz`).then(
      response => response.status,
      () => 0,
    )
  await expect.poll(status).toBe(200)
  expect(await metricsOf(gateway)).toMatch(/coe_refused_total\{because="connections"\} 2\d/)
  expect(gateway.logged.filter(line => line.includes('turned away'))).toHaveLength(1)
})

test('all bodies together hold only so much memory: beyond it 503, and room again when they are gone', async () => {
  await using gateway = await startGateway(runbook, {}, { limits: { bodiesBytes: 8 * 1024 * 1024 } })
  const half = Buffer.alloc(1024 * 1024, ' ')
  const clients: RawClient[] = []
  const before = heldMemory()
  for (let i = 0; i < 60; i++) {
    const client = await rawClient(gateway.url)
    client.send(rawRequest(CHAT, [JSON_TYPE, `content-length: ${2 * half.length}`]))
    client.send(half)
    clients.push(client)
    await new Promise(setImmediate)
  }
  const answers = () => clients.map(client => statusOf(client.received())).filter(status => status === 503)
  await expect.poll(() => answers().length).toBeGreaterThan(50)
  const refused = clients.find(client => client.received() !== '')
  expect(refused?.received()).toMatch(/retry-after: [1-5]\r\n/)
  expect(refused?.received()).toContain('"code":"overloaded"')
  await expect.poll(() => (heldMemory() - before) / 1024 / 1024).toBeLessThan(12)
  for (const client of clients) client.leave()
  const large = JSON.stringify(ask('disk is full', { padding: 'x'.repeat(6 * 1024 * 1024) }))
  const status = async () => (await gateway.post('/v1/chat/completions', large)).status
  await expect.poll(status).toBe(200)
  expect(await status()).toBe(200)
  expect(await metricsOf(gateway)).toMatch(/coe_refused_total\{because="bodies"\} \d\d/)
})

test('a body that is too large is refused whole or in chunks, and the client reads why while it still sends', async () => {
  await using gateway = await startGateway(runbook, { COE_BODY_LIMIT_MB: '1' })
  const large = 'x'.repeat(8 * 1024 * 1024)
  for (const how of [
    [`content-length: ${large.length}`, large],
    ['transfer-encoding: chunked', `${large.length.toString(16)}\r\n${large}\r\n0\r\n\r\n`],
  ] as const) {
    const client = await rawClient(gateway.url)
    client.send(rawRequest(CHAT, [JSON_TYPE, how[0]]))
    client.send(how[1])
    expect(await client.until(/body_too_large/)).toContain('HTTP/1.1 413')
    client.send(rawRequest('GET /healthz'))
    await client.until(/"status":"ok"/)
    client.leave()
  }
})

test('a compressed body is refused with what to do instead', async () => {
  for (const encoding of ['gzip', 'br', 'deflate, gzip']) {
    const response = await plain.post('/v1/chat/completions', good, {
      headers: { 'content-type': 'application/json', 'content-encoding': encoding },
    })
    expect([response.status, (await json(response)).error.message]).toEqual([
      415,
      expect.stringContaining('without content-encoding'),
    ])
  }
})

test('who asks before it sends a body is told to go on, unless the headers were enough to refuse it', async () => {
  await using gateway = await startGateway(runbook, { COE_BODY_LIMIT_MB: '1', COE_API_KEYS: 'me:secret' })
  const asking = async (key: string, length: number) => {
    const client = await rawClient(gateway.url)
    const headers = [JSON_TYPE, `authorization: Bearer ${key}`, 'expect: 100-continue']
    client.send(rawRequest(CHAT, [...headers, `content-length: ${length}`]))
    return client
  }
  const welcome = await asking('secret', Buffer.byteLength(good))
  await welcome.until(/^HTTP\/1\.1 100 Continue\r\n\r\n/)
  welcome.send(good)
  expect(await welcome.until(/chat\.completion/)).toContain('HTTP/1.1 200')
  for (const [client, status] of [
    [await asking('wrong', 100), 401],
    [await asking('secret', 2_000_000), 413],
  ] as const) {
    expect(statusOf(await client.until(/\r\n\r\n/))).toBe(status)
    client.leave()
  }
  welcome.leave()
})

test('odd methods, forms of address and pipelined requests are answered, and never with a failure of ours', async () => {
  const close = ['connection: close']
  for (const [line, status] of [
    ['HEAD /v1/models', 200],
    ['OPTIONS /v1/chat/completions', 404],
    ['TRACE /v1/models', 404],
    ['PROPFIND /v1/models', 404],
    ['DELETE /v1/models', 404],
    ['GET http://gateway/v1/models', 200],
    ['OPTIONS *', 404],
    ['GET /v1/%zz', 400],
    ['GET /v1/models/%00', 404],
    ['GET //v1//models', 404],
    [`GET /${'x'.repeat(8_000)}`, 404],
    ['BREW /coffee', 400],
  ] as const) {
    expect([line.slice(0, 40), statusOf(await exchange(plain.url, rawRequest(line, close)))]).toEqual([
      line.slice(0, 40),
      status,
    ])
  }
  const pipelined = await exchange(
    plain.url,
    rawRequest('GET /healthz') + rawRequest(CHAT, [JSON_TYPE], good) + rawRequest('GET /v1/models', close),
  )
  expect(pipelined.match(/HTTP\/1\.1 200 OK/g)).toHaveLength(3)
  expect(pipelined).toMatch(/"status":"ok"[\s\S]*chat\.completion[\s\S]*"object":"list"/)
})

test('garbage behind a request whose answer is under way does not get into that answer', async () => {
  await using expert = await startExpert((_received, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write('data: {"choices":[]}\n\n')
  })
  await using gateway = await startGateway(mapOf({ a: remote(expert.url) }))
  const client = await rawClient(gateway.url)
  client.send(rawRequest(CHAT, [JSON_TYPE], JSON.stringify(ask('disk is full', { stream: true }))))
  await client.until(/choices/)
  client.send('garbage\r\n\r\n')
  expect((await client.closed).match(/HTTP\/1\.1/g)).toHaveLength(1)
})

test('who hangs up while it sends its body is no error of ours', async () => {
  const client = await rawClient(plain.url)
  client.send(`${rawRequest(CHAT, [JSON_TYPE, 'content-length: 1000'])}{"mess`)
  await new Promise(resolve => setTimeout(resolve, 50))
  client.leave()
  const answered = () => plain.logged.map(line => JSON.parse(line)).filter(line => line.msg === 'answered')
  await expect.poll(() => answered().map(line => line.status)).toContain(499)
  expect(plain.logged.join('')).not.toContain('request failed')
})

test('with as many requests running as allowed, more are turned away before any work, and the probes answer', async () => {
  await using expert = await startExpert(hangs())
  await using gateway = await startGateway(mapOf({ a: remote(expert.url) }), { COE_MAX_IN_FLIGHT: '2' })
  const leaving = new AbortController()
  const headers = { 'content-type': 'application/json' }
  for (let i = 0; i < 2; i++) {
    const arriving = expert.next()
    gateway
      .post('/v1/chat/completions', ask(`disk ${i} is full`), { headers, signal: leaving.signal })
      .catch(() => undefined)
    await arriving
  }
  const shed = await Promise.all(
    Array.from({ length: 20 }, () => gateway.post('/v1/chat/completions', 'no JSON at all')),
  )
  for (const response of shed) {
    expect([response.status, (await json(response)).error.code]).toEqual([503, 'overloaded'])
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThanOrEqual(1)
    expect(Number(response.headers.get('retry-after'))).toBeLessThanOrEqual(5)
  }
  expect(new Set(shed.map(response => response.headers.get('retry-after'))).size).toBeGreaterThan(1)
  for (const probe of ['healthz', 'readyz', 'metrics']) {
    expect((await fetch(`${gateway.url}/${probe}`)).status).toBe(200)
  }
  const metrics = await metricsOf(gateway)
  expect(metrics).toContain('coe_refused_total{because="in_flight"} 20')
  expect(metrics).toContain('coe_requests_total{endpoint="chat/completions",status="503"} 20')
  expect(gateway.logged.filter(line => line.includes('COE_MAX_IN_FLIGHT'))).toHaveLength(1)
  expect(gateway.logged.filter(line => line.includes('"status":503'))).toHaveLength(0)
  leaving.abort()
  const status = async () => (await fetch(`${gateway.url}/v1/models`)).status
  await expect.poll(status).toBe(200)
})

test('an event loop that cannot keep up turns requests away, answers its probes, and recovers by itself', async () => {
  await using gateway = await startGateway(runbook, { COE_MAX_DELAY_MS: '100' })
  const busy = setInterval(() => {
    const until = performance.now() + 400
    while (performance.now() < until);
  }, 1)
  const status = async (path: string) => (await fetch(`${gateway.url}${path}`)).status
  try {
    await expect.poll(() => status('/v1/models')).toBe(503)
    expect(await status('/healthz')).toBe(200)
  } finally {
    clearInterval(busy)
  }
  await expect.poll(() => status('/v1/models')).toBe(200)
  expect(gateway.logged.filter(line => line.includes('COE_MAX_DELAY_MS'))).toHaveLength(1)
})
