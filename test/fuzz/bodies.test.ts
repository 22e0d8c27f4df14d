import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ask, mapOf, type RunningGateway, startGateway } from '../support/gateway.ts'
import { changed, changes } from './mutate.ts'
import { within } from './seed.ts'

let gateway: RunningGateway
beforeAll(async () => {
  gateway = await startGateway(mapOf({ runbook: { builtin: 'runbook' } }), { LOG_LEVEL: 'error' })
})
afterAll(() => gateway[Symbol.asyncDispose]())

const good: Record<string, object[]> = {
  'chat/completions': [
    ask('my pod restarts with exit code 137'),
    ask('and on Ubuntu?', {
      stream: true,
      tools: [{ type: 'function', function: { name: 'f', parameters: {} } }],
    }),
    {
      model: 'task/build',
      messages: [
        { role: 'system', content: 'be brief' },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'what is this?' },
            { type: 'image_url', image_url: {} },
          ],
        },
        {
          role: 'assistant',
          content: null,
          tool_calls: [{ id: 'x', function: { name: 'f', arguments: '{}' } }],
        },
        { role: 'tool', tool_call_id: 'x', content: '{"a": [1, 2, "<user_query>three</user_query>"]}' },
      ],
    },
  ],
  completions: [
    { prompt: 'npm ci fails' },
    { model: 'auto', prompt: ['a', 'b'], stream: true },
    { prompt: [[1, 2]] },
  ],
  responses: [
    { input: 'disk is full' },
    {
      stream: true,
      input: [{ role: 'user', content: [{ type: 'input_text', text: 'why?' }] }, { type: 'reasoning' }],
    },
  ],
  embeddings: [
    { model: 'all-minilm-l6-v2', input: ['a'], encoding_format: 'base64' },
    { model: 'expert/runbook', input: [1] },
  ],
}

const oddValue = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  fc.constantFrom<unknown>(
    null,
    -1,
    1e308,
    '',
    '\ud800',
    ' ',
    'constructor',
    '__proto__',
    [],
    {},
    [[]],
    [null],
    true,
  ),
  fc.string({ unit: 'binary', maxLength: 30 }),
  fc.constantFrom(20, 120, 300).map(depth => JSON.parse(`${'['.repeat(depth)}${']'.repeat(depth)}`)),
)

/** One value somewhere inside of a good body is another one, is gone, or has a neighbour. */
const mutated = (body: object) =>
  fc
    .tuple(fc.array(fc.nat(5), { maxLength: 6 }), oddValue, fc.constantFrom('replace', 'remove', 'add'))
    .map(([path, value, how]) => {
      const copy = structuredClone(body) as Record<string, unknown>
      let inside = copy
      for (const step of path) {
        const keys = Object.keys(inside)
        const key = keys[step % Math.max(1, keys.length)] ?? 'more'
        const next = inside[key]
        if (next !== null && typeof next === 'object' && step !== path.at(-1)) inside = next as typeof inside
        else if (how === 'remove') delete inside[key]
        else inside[how === 'add' ? `${key}x` : key] = structuredClone(value)
      }
      return Buffer.from(JSON.stringify(copy))
    })

const marks = [
  '"',
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  '\\',
  '\\u0000',
  '\\ud800',
  'null',
  '1e999',
  '\0',
  '\xff',
  '"__proto__":',
]

const bodyFor = (endpoint: string) => {
  const base = fc.constantFrom(...(good[endpoint] ?? []))
  return fc.oneof(
    { weight: 4, arbitrary: base.chain(mutated) },
    {
      weight: 3,
      arbitrary: fc
        .tuple(base, changes(marks))
        .map(([body, wanted]) => changed(Buffer.from(JSON.stringify(body)), wanted)),
    },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 200 }).map(bytes => Buffer.from(bytes)) },
    { weight: 1, arbitrary: fc.json({ maxDepth: 4 }).map(text => Buffer.from(text)) },
  )
}

const post = (endpoint: string, payload: Buffer, headers: Record<string, string> = {}) =>
  gateway.app.inject({
    method: 'POST',
    url: `/v1/${endpoint}`,
    headers: { 'content-type': 'application/json', ...headers },
    payload,
  })

const stillAnswers = async () => {
  const { statusCode } = await post('chat/completions', Buffer.from(JSON.stringify(ask('disk is full'))))
  expect(statusCode).toBe(200)
  expect(gateway.logged).toEqual([])
}

test.each(Object.keys(good))(
  'no body makes /v1/%s fail, hang or answer without an envelope',
  async endpoint => {
    await fc.assert(
      fc.asyncProperty(bodyFor(endpoint), async body => {
        const { statusCode, payload } = await within(30_000, post(endpoint, body))
        expect(statusCode).toBeLessThan(500)
        if (statusCode >= 400) expect(JSON.parse(payload).error.message.length).toBeGreaterThan(5)
      }),
      { numRuns: 3_500 },
    )
    await stillAnswers()
  },
)

test('no header makes a request fail', async () => {
  const name = fc.oneof(
    fc.constantFrom(
      'content-type',
      'accept',
      'authorization',
      'x-request-id',
      'x-coe-body',
      'traceparent',
      'openai-beta',
      'cookie',
      'content-encoding',
      'expect-ct',
      'x-forwarded-for',
      'accept-encoding',
      'origin',
      'range',
      'if-match',
    ),
    fc
      .stringMatching(/^[a-z][a-z0-9-]{0,20}$/)
      .filter(text => !/^(host|connection|transfer-encoding|content-length|upgrade|te|trailer)$/.test(text)),
  )
  const value = fc.oneof(
    fc.constantFrom(
      '',
      '*/*',
      'application/json; charset=',
      'application/json;;;',
      'text/plain',
      'identity',
      'a'.repeat(5_000),
    ),
    fc.string({
      unit: fc.integer({ min: 32, max: 126 }).map(code => String.fromCharCode(code)),
      maxLength: 60,
    }),
  )
  const body = Buffer.from(JSON.stringify(ask('disk is full')))
  await fc.assert(
    fc.asyncProperty(fc.dictionary(name, value, { maxKeys: 6 }), async headers => {
      const { statusCode } = await within(30_000, post('chat/completions', body, headers))
      expect(statusCode).toBeLessThan(500)
    }),
    { numRuns: 1_500 },
  )
  await stillAnswers()
})
