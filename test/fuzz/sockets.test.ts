import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ask, mapOf, type RunningGateway, startGateway } from '../support/gateway.ts'
import { rawClient, rawRequest } from '../support/raw.ts'
import { type Change, changed, changes } from './mutate.ts'
import { within } from './seed.ts'

let gateway: RunningGateway
beforeAll(async () => {
  gateway = await startGateway(mapOf({ runbook: { builtin: 'runbook' } }), { LOG_LEVEL: 'error' })
})
afterAll(() => gateway[Symbol.asyncDispose]())

const body = JSON.stringify(ask('disk is full'))
const type = 'content-type: application/json'
const close = 'connection: close'
const requests = [
  rawRequest('POST /v1/chat/completions', [type, close], body),
  rawRequest('POST /v1/chat/completions', [type, close, 'expect: 100-continue'], body),
  rawRequest('POST /v1/responses', [type, close, 'transfer-encoding: chunked']) +
    `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`,
  rawRequest('GET /v1/models', [close]),
  rawRequest('GET /healthz') + rawRequest('GET /metrics', [close]),
]
const marks = [
  '\r\n',
  '\n',
  '\r',
  '\r\n\r\n',
  '\0',
  ' ',
  ':',
  '\t',
  'x: y\r\n',
  'Host: a\r\n',
  'content-length: 5\r\n',
  'content-length: -1\r\n',
  'content-length: 99999999999999999999\r\n',
  'transfer-encoding: chunked\r\n',
  'transfer-encoding: gzip\r\n',
  'expect: 100-continue\r\n',
  'expect: something\r\n',
  'upgrade: websocket\r\nconnection: upgrade\r\n',
  'connection: keep-alive\r\n',
  'ffffffff\r\n',
  '0\r\n\r\n',
  'CONNECT a:1 ',
  'HTTP/1.0',
  'HTTP/9.9',
  'http://a/',
  '*',
  '%00',
  '//',
  '/../',
  `x: ${'y'.repeat(17_000)}\r\n`,
  'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
]

const bytes = fc.oneof(
  {
    weight: 8,
    arbitrary: fc
      .tuple(fc.constantFrom(...requests), changes(marks))
      .map(([text, wanted]: [string, Change[]]) => changed(Buffer.from(text), wanted)),
  },
  { weight: 1, arbitrary: fc.uint8Array({ minLength: 1, maxLength: 300 }).map(given => Buffer.from(given)) },
)

/** Sends, waits for a word or a while, says that nothing more will come, and reads to the end. */
const answersTo = async (sent: Buffer): Promise<string> => {
  const client = await rawClient(gateway.url)
  client.send(sent)
  const pause = new Promise(resolve => setTimeout(resolve, 40))
  await Promise.race([client.closed, pause])
  client.end()
  return await within(30_000, client.closed)
}

test('no bytes on a connection make the gateway fail or hang', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(bytes, { minLength: 40, maxLength: 40 }), async batch => {
      for (const answer of await Promise.all(batch.map(answersTo))) {
        const statuses = [...answer.matchAll(/^HTTP\/1\.1 (\d+)/gm)].map(([, status]) => Number(status))
        expect(statuses.filter(status => status >= 500)).toEqual([])
      }
    }),
    { numRuns: 55 },
  )
  expect((await gateway.post('/v1/chat/completions', body)).status).toBe(200)
  expect(gateway.logged).toEqual([])
})
