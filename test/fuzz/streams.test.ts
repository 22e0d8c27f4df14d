import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { GatewayError } from '../../src/errors.ts'
import type { Ask } from '../../src/experts/expert.ts'
import { receive } from '../../src/experts/receive.ts'
import { flowOf } from '../../src/resilience/flow.ts'
import { type ExpertServer, says, startExpert } from '../support/expert-server.ts'
import { collect } from '../support/flow.ts'
import { ask, mapOf, type RunningGateway, remote, startGateway } from '../support/gateway.ts'
import { changed, changes } from './mutate.ts'
import { within } from './seed.ts'

let expert: ExpertServer
let gateway: RunningGateway
beforeAll(async () => {
  expert = await startExpert()
  const map = mapOf({ a: remote(expert.url), runbook: { builtin: 'runbook' } })
  gateway = await startGateway(map, { LOG_LEVEL: 'error' })
})
afterAll(async () => {
  await gateway[Symbol.asyncDispose]()
  await expert.close()
})

const word = (content: string) =>
  `data: {"choices":[{"index":0,"delta":{"content":"${content}"},"finish_reason":null}]}`
const events = [
  word('one '),
  word('zwei \u00e4\u{1f600}'),
  ': keep-alive',
  `event: message\nid: 7\nretry: 10\n${word('three')}`,
  'data: {"choices":[{"index":0,\ndata: "delta":{},"finish_reason":"stop"}]}',
  'data: {"choices":[],"usage":{"total_tokens":3}}',
  'data: [DONE]',
]
const marks = [
  '\n',
  '\r',
  '\r\n',
  '\n\n',
  '\r\r',
  ':',
  'data:',
  'data: ',
  'data\n',
  'event: error\n',
  '{"error":{"message":"x"}}',
  '\0',
  '\ufeff',
  '[DONE]',
  'x'.repeat(100_000),
]

const stream = fc
  .record({
    picked: fc.oneof(
      fc.constant(events),
      fc.shuffledSubarray(events),
      fc.array(fc.constantFrom(...events), { maxLength: 12 }),
    ),
    ending: fc.constantFrom('\n', '\r\n', '\r'),
    wanted: fc.oneof(fc.constant([]), changes(marks)),
  })
  .map(({ picked, ending, wanted }) =>
    changed(
      Buffer.from(
        picked
          .map(event => `${event}\n\n`)
          .join('')
          .replaceAll('\n', ending),
      ),
      wanted,
    ),
  )

const how = fc.record({
  bytes: stream,
  cutAt: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 4 }),
  last: fc.constantFrom('end', 'end', 'end', 'destroy'),
})

const pieces = ({ bytes, cutAt }: { bytes: Buffer; cutAt: number[] }) => {
  const cuts = [0, ...cutAt.map(share => Math.floor(share * bytes.length)), bytes.length].sort(
    (a, b) => a - b,
  )
  return cuts.slice(1).map((cut, index) => bytes.subarray(cuts[index], cut))
}

const received = (chunks: Buffer[]) =>
  receive(
    {
      what: 'Expert "a"',
      secrets: [],
      idleMs: 1_000,
      ask: { endpoint: 'chat/completions', stream: true } as Ask,
    },
    {
      statusCode: 200,
      headers: { 'content-type': 'text/event-stream' },
      body: {
        next: async () => (chunks.length === 0 ? { done: true } : { done: false, value: chunks[0] }),
        flow: () => flowOf(chunks.slice(1)),
      },
    } as never,
  )

test('a stream is refused before its first event, or every byte of it is passed on as it came', async () => {
  await fc.assert(
    fc.asyncProperty(how, async given => {
      const passed: Buffer[] = []
      try {
        const answer = await within(30_000, Promise.resolve(received(pieces(given))))
        if (answer.kind !== 'stream') throw new Error('not a stream')
        passed.push(Buffer.from(answer.head))
        const { chunks, error } = await collect(answer.rest)
        passed.push(...chunks)
        if (error !== undefined) throw error
      } catch (error) {
        expect(error).toBeInstanceOf(GatewayError)
        if (passed.length === 0) return
      }
      expect(Buffer.concat(passed).equals(given.bytes)).toBe(true)
    }),
    { numRuns: 1_500 },
  )
})

const request = (more: object = {}) =>
  gateway.app.inject({
    method: 'POST',
    url: '/v1/chat/completions',
    headers: { 'content-type': 'application/json' },
    payload: ask('disk is full', { stream: true, ...more }),
  })

test('whatever an expert streams, a client gets a whole answer or is told that it broke off', async () => {
  await fc.assert(
    fc.asyncProperty(how, async ({ bytes, cutAt, last }) => {
      expert.behave((_received, response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' })
        for (const piece of pieces({ bytes, cutAt })) response.write(piece)
        if (last === 'end') response.end()
        else setImmediate(() => response.destroy())
      })
      const { statusCode, payload } = await within(30_000, request())
      expect(statusCode).toBe(200)
      expect(payload).toMatch(
        /(?:^|[\r\n])data: ?\[DONE\]|"finish_reason"\s*:\s*"[^"]|"code":"expert_truncated"/,
      )
      // The next one is served, and by the same expert: its breaker must not open for good.
      expert.behave(says('fine'))
      const next = await within(30_000, request())
      expect(next.statusCode).toBe(200)
    }),
    { numRuns: 250 },
  )
  expect(gateway.logged).toEqual([])
})
