import type { Readable } from 'node:stream'
import type { FastifyReply } from 'fastify'
import { afterEach, expect, test, vi } from 'vitest'
import { relay } from '../../src/http/openai/relay.ts'

const record = {
  request_id: 'r',
  task: 'build',
  expert: 'a',
  decided_by: 'pinned',
  confidence: 1,
  snapshot: 's',
  tried: ['a'],
}

afterEach(() => void vi.useRealTimers())

test('a client that leaves while a chunk is on its way leaves no timer behind that holds up a shutdown', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  let arrive = (_: IteratorResult<Uint8Array>) => undefined as unknown
  let ask = () => undefined as unknown
  const asked = new Promise<void>(resolve => {
    ask = resolve
  })
  const rest: AsyncIterableIterator<Uint8Array> = {
    [Symbol.asyncIterator]() {
      return this
    },
    next: () =>
      new Promise(resolve => {
        arrive = resolve
        ask()
      }),
    return: async () => ({ done: true, value: undefined }),
  }
  let sent: Readable | undefined
  const reply = {
    code: () => reply,
    headers: () => reply,
    send(body: Readable) {
      sent = body
    },
  }
  const head = Buffer.from('data: {}\n\n')
  relay(reply as unknown as FastifyReply, { kind: 'stream', headers: {}, head, rest }, record, {
    inBody: false,
    onEnd: () => undefined,
  })
  sent?.resume()
  await asked
  sent?.destroy()
  arrive({ done: false, value: head })
  await new Promise(setImmediate)
  expect(vi.getTimerCount()).toBe(0)
})
