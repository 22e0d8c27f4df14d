import { channel } from 'node:diagnostics_channel'
import { connect, type Socket } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  type Behaviour,
  type ExpertServer,
  says,
  sends,
  startExpert,
  whole,
} from '../support/expert-server.ts'
import { ask, mapOf, type RunningGateway, remote, startGateway } from '../support/gateway.ts'

const sse = { 'content-type': 'text/event-stream' }
const plain = { headers: { 'content-type': 'application/json', 'x-coe-body': 'off' } }

const chunk = (delta: object, finish: string | null = null, more: object = {}) =>
  JSON.stringify({
    id: '1',
    object: 'chat.completion.chunk',
    choices: [{ index: 0, delta, finish_reason: finish }],
    ...more,
  })
const usage = {
  prompt_tokens: 11,
  completion_tokens: 7,
  total_tokens: 18,
  prompt_tokens_details: { cached_tokens: 3 },
}

/** Writes the bytes in pieces of one size, each on its own. */
const inPieces =
  (bytes: Buffer, size: number): Behaviour =>
  async (_received, response) => {
    response.writeHead(200, sse)
    for (let at = 0; at < bytes.length; at += size) {
      response.write(bytes.subarray(at, at + size))
      if (bytes.length / size < 1_000) await new Promise(resolve => setImmediate(resolve))
    }
    response.end()
  }

const streamed = async (gateway: RunningGateway) => {
  const response = await gateway.post('/v1/chat/completions', ask('disk is full', { stream: true }), plain)
  return Buffer.from(await response.arrayBuffer())
}

let expert: ExpertServer
let gateway: RunningGateway
beforeAll(async () => {
  expert = await startExpert()
  gateway = await startGateway(mapOf({ a: remote(expert.url) }))
})
afterAll(async () => {
  await gateway[Symbol.asyncDispose]()
  await expert.close()
})

const done = `data: ${chunk({}, 'stop')}\n\ndata: [DONE]\n\n`

test.each([
  [
    'comments between its events',
    `: OPENROUTER PROCESSING\n\n: again\n\ndata: ${chunk({ content: 'a' })}\n\n: and again\n\n${done}`,
  ],
  ['CRLF', `data: ${chunk({ content: 'a' })}\n\n${done}`.replaceAll('\n', '\r\n')],
  ['CR alone', `data: ${chunk({ content: 'a' })}\n\n${done} `.replaceAll('\n', '\r')],
  ['events of several lines', `id: 1\nevent: message\nretry: 10\ndata: {"choices":\ndata: []}\n\n${done}`],
  ['characters of several bytes', `data: ${chunk({ content: '漢字 🚀 é' })}\n\n${done}`],
  ['no [DONE]', `data: ${chunk({ content: 'a' })}\n\ndata: ${chunk({}, 'stop')}\n\n`],
  ['no blank line at its end', `data: ${chunk({ content: 'a' })}\n\n${done.trimEnd()}`],
  [
    'its usage at the end',
    `data: ${chunk({ content: 'a' })}\n\ndata: ${chunk({}, 'stop')}\n\ndata: ${JSON.stringify({ choices: [], usage })}\n\ndata: [DONE]\n\n`,
  ],
])('a stream with %s is relayed byte for byte, however its bytes are cut', async (_what, text) => {
  const bytes = Buffer.from(text)
  for (const size of [1, 7, bytes.length]) {
    expert.behave(inPieces(bytes, size))
    expect((await streamed(gateway)).equals(bytes), `pieces of ${size}`).toBe(true)
  }
})

test('events of a megabyte are relayed, the first one too', async () => {
  const long = chunk({ content: 'x'.repeat(1_000_000) })
  const bytes = Buffer.from(`data: ${long}\n\ndata: ${long}\n\n${done}`)
  expert.behave(inPieces(bytes, 16 * 1024))
  expect((await streamed(gateway)).equals(bytes)).toBe(true)
  const withRecord = await gateway.post('/v1/chat/completions', ask('disk is full', { stream: true }))
  const text = await withRecord.text()
  expect(text.length).toBeGreaterThan(bytes.length)
  expect(text.replace(/"coe":\{.*?\},(?="id")/, '')).toBe(bytes.toString())
})

const tokens = async () => {
  const text = await (await fetch(`${gateway.url}/metrics`)).text()
  const counted = text.matchAll(/^coe_tokens_total\{expert="a",direction="(\w+)"\} (\d+)/gm)
  const counts = Object.fromEntries([...counted].map(([, direction, count]) => [direction, Number(count)]))
  return { prompt: counts.prompt ?? 0, completion: counts.completion ?? 0 }
}

test.each([
  [
    'a stream that includes its usage',
    true,
    `data: ${chunk({ content: 'a "usage":{"prompt_tokens":99}' }, null, { usage: null })}\n\ndata: ${chunk({}, 'stop', { usage: null })}\n\ndata: ${JSON.stringify({ choices: [], usage })}\n\ndata: [DONE]\n\n`,
  ],
  [
    'a stream whose every event has its usage so far',
    true,
    `data: ${chunk({ content: 'a' }, null, { usage: { ...usage, completion_tokens: 1 } })}\n\ndata: ${chunk({}, 'stop', { usage })}\n\ndata: [DONE]\n\n`,
  ],
  [
    'a stream whose last event has an empty usage',
    true,
    `data: ${chunk({}, 'stop', { usage })}\n\ndata: {"usage":{}}\n\ndata: [DONE]\n\n`,
  ],
  [
    'a whole answer',
    false,
    JSON.stringify({ usage, choices: [{ message: { content: '"usage":{"prompt_tokens":99}' } }] }),
  ],
  [
    'a whole answer too long to be parsed',
    false,
    JSON.stringify({ choices: ['x'.repeat(5_000_000)], usage }),
  ],
  [
    'an answer in the words of the Responses API',
    false,
    JSON.stringify({ output: [], usage: { input_tokens: 11, output_tokens: 7 } }),
  ],
])('the tokens of %s are counted and logged, and not a byte is altered', async (_what, stream, text) => {
  expert.behave(sends(text, stream ? sse : { 'content-type': 'application/json' }))
  const before = await tokens()
  gateway.logged.length = 0
  const response = await gateway.post('/v1/chat/completions', ask('disk is full', { stream }), plain)
  expect(await response.text()).toBe(text)
  await expect.poll(tokens).toEqual({ prompt: before.prompt + 11, completion: before.completion + 7 })
  const line = gateway.logged.map(line => JSON.parse(line)).find(line => line.msg === 'answered')
  expect(line.tokens).toEqual({ prompt: 11, completion: 7 })
})

test('what an expert says of its usage is not believed when it is no number', async () => {
  const before = await tokens()
  for (const said of [
    '"many"',
    '{"prompt_tokens":-1,"completion_tokens":1}',
    '{"prompt_tokens":1e999}',
    '[1]',
    'null',
  ]) {
    expert.behave(sends(`{"choices":[],"usage":${said}}`, { 'content-type': 'application/json' }))
    expect((await gateway.post('/v1/chat/completions', ask('disk is full'), plain)).status).toBe(200)
  }
  expect(await tokens()).toEqual(before)
})

test('what a client asks of a stream reaches the expert: include_usage', async () => {
  await gateway.post(
    '/v1/chat/completions',
    ask('x', { stream: true, stream_options: { include_usage: true } }),
  )
  expect(expert.received.at(-1)?.body.stream_options).toEqual({ include_usage: true })
})

const silent =
  (...parts: string[]): Behaviour =>
  (_received, response) => {
    response.writeHead(200, sse)
    for (const part of parts) response.write(part)
  }

test('an expert that falls silent before its first event is replaced, on the dot', async () => {
  await using a = await startExpert(silent(': processing\n\n'))
  await using b = await startExpert(says('second'))
  await using gateway = await startGateway(
    mapOf({ a: remote(a.url, { idle: '150ms', timeout: '30s' }), b: remote(b.url) }),
  )
  const began = performance.now()
  const response = await gateway.post('/v1/chat/completions', ask('disk is full', { stream: true }))
  expect(await response.text()).toContain('second')
  // Well before the deadline, which would have ended it too.
  expect(performance.now() - began).toBeLessThan(10_000)
  expect(gateway.logged.join('')).toContain('fell silent for 0.15 s')
  await a.received[0]?.left
})

test('an expert that thinks long before its first byte is not taken for silent', async () => {
  await using expert = await startExpert((_received, response) => {
    response.writeHead(200, sse)
    response.flushHeaders()
    setTimeout(() => response.end(`data: ${chunk({ content: 'at last' }, 'stop')}\n\n`), 300)
  })
  await using gateway = await startGateway(mapOf({ a: remote(expert.url, { idle: '100ms' }) }))
  expect((await streamed(gateway)).toString()).toContain('at last')
})

test('an expert that falls silent in the middle ends the stream with an error event, counted as truncated', async () => {
  await using expert = await startExpert(silent(`data: ${chunk({ content: 'one' })}\n\n`))
  await using gateway = await startGateway(mapOf({ a: remote(expert.url, { idle: '100ms' }) }))
  const text = (await streamed(gateway)).toString()
  expect(text).toContain('"content":"one"')
  expect(text).toContain('"code":"expert_truncated"')
  expect(text).not.toContain('[DONE]')
  await expert.received[0]?.left
  await expect
    .poll(async () => (await fetch(`${gateway.url}/metrics`)).text())
    .toContain('coe_streams_total{expert="a",outcome="truncated"} 1')
  expect(gateway.live.current().crew.experts.get('a')?.health().inFlight).toBe(0)
})

test('the deadline of a whole answer is for all of its bytes', async () => {
  await using a = await startExpert((_received, response) => {
    response.writeHead(200, { 'content-type': 'application/json' })
    const drip = setInterval(() => response.write(' '), 20)
    response.once('close', () => clearInterval(drip))
  })
  await using b = await startExpert(says('second'))
  await using gateway = await startGateway(
    mapOf({ a: remote(a.url, { timeout: '200ms' }), b: remote(b.url) }),
  )
  expect(await (await gateway.post('/v1/chat/completions', ask('disk is full'), plain)).text()).toBe(
    whole('second'),
  )
  expect(gateway.logged.join('')).toContain('expert_timeout')
  await a.received[0]?.left
})

/** Both ends of a relayed stream: what the gateway has read from the expert, and what it has handed to the client's socket. */
const watchSockets = (gateway: RunningGateway) => {
  const upstream: Socket[] = []
  const downstream: Socket[] = []
  const connected = (message: unknown) => upstream.push((message as { socket: Socket }).socket)
  channel('undici:client:connected').subscribe(connected)
  gateway.app.server.on('connection', socket => downstream.push(socket))
  const sum = (sockets: Socket[], of: (socket: Socket) => number) =>
    sockets.reduce((all, socket) => all + of(socket), 0)
  return {
    held: () =>
      sum(upstream, socket => socket.bytesRead) -
      sum(downstream, socket => socket.bytesWritten - socket.writableLength),
    stop: () => channel('undici:client:connected').unsubscribe(connected),
  }
}

test('a client that does not read holds back the expert, and at most a megabyte in the gateway', async () => {
  const all = 50_000_000
  let sent = 0
  await using expert = await startExpert((_received, response) => {
    response.writeHead(200, sse)
    const event = `data: ${chunk({ content: 'x'.repeat(20_000) })}\n\n`
    const more = () => {
      while (sent < all && !response.writableNeedDrain) {
        response.write(event)
        sent += event.length
      }
    }
    response.on('drain', more)
    more()
  })
  await using gateway = await startGateway(mapOf({ a: remote(expert.url) }))
  const sockets = watchSockets(gateway)
  const body = JSON.stringify(ask('disk is full', { stream: true }))
  const client = connect(Number(new URL(gateway.url).port), '127.0.0.1')
  client.write(
    `POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
  )
  await new Promise(resolve => client.once('data', resolve))
  client.pause()
  let most = 0
  let before = -1
  while (before !== sent) {
    before = sent
    for (let i = 0; i < 10; i++) {
      most = Math.max(most, sockets.held())
      await new Promise(resolve => setTimeout(resolve, 10))
    }
  }
  // What the expert could write is in the buffers of the system's sockets, some megabytes on both sides.
  expect(sent).toBeLessThan(all)
  expect(most).toBeGreaterThan(1)
  expect(most).toBeLessThan(1_000_000)
  client.destroy()
  sockets.stop()
  await expert.received[0]?.left
})
