import { expect, test } from 'vitest'
import { GatewayError } from '../../src/errors.ts'
import type { Ask } from '../../src/experts/expert.ts'
import { createOpenAiExpert } from '../../src/experts/openai.ts'
import {
  type Behaviour,
  type ExpertServer,
  fails,
  hangs,
  says,
  sends,
  startExpert,
  whole,
} from '../support/expert-server.ts'
import { collect } from '../support/flow.ts'
import { ask, json, mapOf, remote, startGateway } from '../support/gateway.ts'

const sse = { 'content-type': 'text/event-stream' }
const asJson = { 'content-type': 'application/json' }
const never = new AbortController().signal

const expertAt = (server: ExpertServer, more: object = {}) =>
  createOpenAiExpert('a', {
    url: server.url,
    model: 'fake',
    timeout: 10_000,
    idle: 10_000,
    concurrency: 4,
    queue: 4,
    ...more,
  })

const asking = (more: Partial<Ask> = {}): Ask => ({
  endpoint: 'chat/completions',
  stream: false,
  bodyFor: () => Buffer.from(JSON.stringify({ stream: more.stream ?? false })),
  requestId: 'r',
  hop: 1,
  headers: {},
  passages: async () => [],
  ...more,
})

const errorOf = async (promise: Promise<unknown>): Promise<GatewayError> => {
  const thrown = await promise.catch((error: unknown) => error)
  expect(thrown).toBeInstanceOf(GatewayError)
  return thrown as GatewayError
}

/** A gateway with a first expert that behaves so and a second one that answers. */
const besides = async (behaviour: Behaviour) => {
  const first = await startExpert(behaviour)
  const second = await startExpert(says('second'))
  const gateway = await startGateway(mapOf({ a: remote(first.url), b: remote(second.url) }))
  return {
    first,
    second,
    gateway,
    async [Symbol.asyncDispose]() {
      for (const part of [gateway, first, second]) await part[Symbol.asyncDispose]()
    },
  }
}

test('a full queue of our own neither opens the breaker nor closes it', async () => {
  await using server = await startExpert(hangs())
  const expert = expertAt(server, { concurrency: 1, queue: 0 })
  const leaving = new AbortController()
  const first = expert.answer(asking(), leaving.signal).catch(() => undefined)
  for (let i = 0; i < 10; i++) {
    expect((await errorOf(expert.answer(asking(), never))).message).toContain('requests running')
  }
  expect(expert.health().breaker).toBe('closed')
  leaving.abort()
  await first
  server.behave(says('fine'))
  expect((await expert.answer(asking(), never)).kind).toBe('whole')
  expert.close()
})

test.each([
  ['plainly', (key: string) => `{"error":{"message":"bad value for ${key}","type":"x"}}`],
  ['escaped', (key: string) => `{"error":{"message":"bad value for ${key.replace('/', '\\/')}","type":"x"}}`],
  ['as unicode', (key: string) => `{"error":{"message":"\\u0070${key.slice(1)}","type":"x"}}`],
])('an expert that repeats its key %s in an error does not show it to the client', async (_how, body) => {
  const key = 'planted/key-1'
  await using server = await startExpert()
  await using gateway = await startGateway(mapOf({ a: remote(server.url, { key }) }))
  for (const status of [400, 404, 422, 429, 500]) {
    server.behave(sends(body(key), asJson, status))
    const response = await gateway.post('/v1/chat/completions', ask('x', { model: 'expert/a' }))
    const text = await response.text()
    expect(JSON.stringify(JSON.parse(text)), String(status)).not.toContain(key)
    expect(JSON.parse(text).error.message).toContain(`answered ${status}`)
  }
  expect(gateway.logged.join('')).not.toContain(key)
})

test('an expert that repeats its key as a content type does not bring it into a message', async () => {
  await using server = await startExpert(sends('{}', { 'content-type': 'text/planted-key' }))
  const error = await errorOf(expertAt(server, { key: 'planted-key' }).answer(asking(), never))
  expect(error.message).toBe('Expert "a" answered text/[key] where json was due.')
})

test.each([
  ['with its key first', 'data: {"error":{"message":"overloaded"}}\n\n'],
  ['with other keys before', 'data: {"id":"1","object":"error","error": {"message":"overloaded"}}\n\n'],
  ['as a text', 'data: {"status":500,"error":"overloaded"}\n\n'],
  ['by its name', ': hello\n\nevent: error\ndata: overloaded\n\n'],
  ['by its type', 'event: message\ndata: {"sequence_number":0,"type":"error","code":"x"}\n\n'],
])('a stream that begins with an error, told %s, is answered by the next expert', async (_how, bytes) => {
  await using set = await besides(sends(bytes, sse))
  const response = await set.gateway.post('/v1/chat/completions', ask('disk is full', { stream: true }))
  expect(await response.text()).toContain('second')
  expect(response.headers.get('x-coe-tried')).toBe('a,b')
})

const said = (text: string, finish: string | null, end = '\n\n') =>
  `data: {"id":"1","choices":[{"index":0,"delta":{"content":${JSON.stringify(text)}},"finish_reason":${JSON.stringify(finish)}}],"error":null}${end}`

const escaped = 'data: [DONE]\n"finish_reason":"stop"'

test.each([
  ['without a reason or [DONE]', said('one', null) + said(escaped, null), true],
  ['with an empty reason', said('one', null) + said('two', ''), true],
  ['in the middle of a line', said('one', null) + said('two', null).slice(0, 30), true],
  ['with a reason only', said('one', null) + said('two', 'stop'), false],
  ['with [DONE] only', `${said('one', null)}data: [DONE]\n\n`, false],
  ['with [DONE] and no line after it', `${said('one', null, '\r\n\r\n')}data:[DONE]`, false],
  ['with long usage after the reason', `${said('', 'stop')}data: {"u":"${'x'.repeat(20_000)}"}\n\n`, false],
])('a stream that ends cleanly %s is taken for what it is', async (_how, bytes, truncated) => {
  await using server = await startExpert((_received, response) => {
    response.writeHead(200, sse)
    const half = bytes.indexOf('\n\n') + 2 || 40
    response.write(bytes.slice(0, half))
    setTimeout(() => response.end(bytes.slice(half)), 5)
  })
  await using gateway = await startGateway(mapOf({ a: remote(server.url) }))
  const headers = { 'content-type': 'application/json', 'x-coe-body': 'off' }
  for (const [path, body] of [
    ['chat/completions', ask('disk is full', { stream: true })],
    ['completions', { model: 'auto', prompt: 'disk is full', stream: true }],
  ] as const) {
    const text = await (await gateway.post(`/v1/${path}`, body, { headers })).text()
    expect(text.startsWith(bytes)).toBe(true)
    expect(text.includes('"code":"expert_truncated"'), path).toBe(truncated)
    if (!truncated) expect(text).toBe(bytes)
  }
})

test('a stream of the Responses API has no [DONE] and needs none', async () => {
  const bytes = 'event: response.created\ndata: {"type":"response.created","response":{"error":null}}\n\n'
  await using server = await startExpert(sends(bytes, sse))
  const answer = await expertAt(server).answer(asking({ endpoint: 'responses', stream: true }), never)
  if (answer.kind !== 'stream') throw new Error('not a stream')
  expect(Buffer.from(answer.head).toString()).toBe(bytes)
  expect(await collect(answer.rest)).toEqual({ chunks: [] })
})

test('a very long stream is judged by its end', async () => {
  await using server = await startExpert((_received, response) => {
    response.writeHead(200, sse)
    for (let i = 0; i < 3_000; i++) response.write(said(`word ${i} `, null))
    response.end(said('', 'stop'))
  })
  const answer = await expertAt(server).answer(asking({ stream: true }), never)
  if (answer.kind !== 'stream') throw new Error('not a stream')
  const { chunks, error } = await collect(answer.rest)
  expect(error).toBeUndefined()
  expect(answer.head.length + Buffer.concat(chunks).length).toBeGreaterThan(300_000)
})

test.each([
  ['cut off', '{"choices":[{"message":{"content":"half}'],
  ['broken in the middle', '{"choices": oops}'],
  ['no object', '[{"choices":[]}]'],
  ['two objects', '{"a":1}{"b":2}'],
])('an answer whose JSON is %s is given by the next expert instead', async (_how, bytes) => {
  await using set = await besides(sends(bytes, asJson))
  const response = await set.gateway.post('/v1/chat/completions', ask('disk is full'))
  expect((await json(response)).choices[0].message.content).toBe('second')
  expect(response.headers.get('x-coe-tried')).toBe('a,b')
})

test('an answer too long to be read through is still looked at from both ends', async () => {
  const long = whole('x'.repeat(5 * 1024 * 1024))
  await using server = await startExpert(sends(long, asJson))
  const expert = expertAt(server)
  const answer = await expert.answer(asking(), never)
  expect(answer.kind === 'whole' && answer.body.length).toBe(long.length)
  server.behave(sends(long.slice(0, -2), asJson))
  expect((await errorOf(expert.answer(asking(), never))).code).toBe('expert_invalid_response')
})

test('headers mean the same in any case', async () => {
  const headers = { 'content-type': 'Application/JSON', 'content-encoding': 'Identity' }
  await using server = await startExpert(sends(whole('fine'), headers))
  expect((await expertAt(server).answer(asking(), never)).kind).toBe('whole')
})

test('an error whose body drips or never ends is passed over for the next expert within a second or so', async () => {
  await using set = await besides((_received, response) => {
    response.writeHead(401, asJson)
    const drip = setInterval(() => response.write(' '), 50)
    response.once('close', () => clearInterval(drip))
  })
  const began = performance.now()
  const response = await set.gateway.post('/v1/chat/completions', ask('disk is full'))
  expect((await json(response)).choices[0].message.content).toBe('second')
  expect(performance.now() - began).toBeLessThan(8_000)
  await set.first.received[0]?.left

  set.first.behave((_received, response) => {
    response.writeHead(401, asJson)
    const pour = () => {
      while (response.write('x'.repeat(64 * 1024)));
    }
    response.on('drain', pour)
    pour()
  })
  const poured = await set.gateway.post('/v1/chat/completions', ask('disk is full'))
  expect((await json(poured)).choices[0].message.content).toBe('second')
  await set.first.received[1]?.left
})

test('an error that came whole in time keeps its words, and the expert is asked again', async () => {
  await using server = await startExpert(fails(400))
  const expert = expertAt(server)
  const error = await errorOf(expert.answer(asking(), never))
  expect(Buffer.from(error.details.body ?? []).toString()).toContain('fake 400')
  server.behave(says('fine'))
  expect((await expert.answer(asking(), never)).kind).toBe('whole')
})
