import type { AddressInfo } from 'node:net'
import { connect } from 'node:net'
import type { Readable } from 'node:stream'
import fastify, { type FastifyReply } from 'fastify'
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
const body = Buffer.alloc(30 * 1024 * 1024, 'x')

/** A server whose only answer is large, and hangs up on whoever takes nothing of it for a second. */
const serving = async () => {
  const app = fastify()
  app.get('/', (_request, reply) =>
    relay(reply, { kind: 'whole', headers: {}, body, usage: () => undefined }, record, {
      inBody: false,
      onEnd: () => undefined,
      stallMs: 1_000,
    }),
  )
  await app.listen({ port: 0, host: '127.0.0.1' })
  return { app, port: (app.server.address() as AddressInfo).port }
}

const asking = (port: number) => {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => undefined)
  socket.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n')
  return socket
}

test('a whole answer that its client does not take is given up; one that is taken slowly is not', async () => {
  const { app, port } = await serving()
  const stuck = asking(port)
  const slow = asking(port)
  let taken = 0
  // Half a megabyte each 40 ms: more than two seconds in all, never one without a byte.
  slow.on('data', chunk => {
    taken += chunk.length
    if (taken % (512 * 1024) < chunk.length) {
      slow.pause()
      setTimeout(() => slow.resume(), 40)
    }
  })
  const open = () => new Promise(resolve => app.server.getConnections((_error, count) => resolve(count)))
  await expect.poll(() => taken >= body.length).toBe(true)
  await expect.poll(open).toBe(1)
  expect(slow.destroyed).toBe(false)
  stuck.destroy()
  slow.destroy()
  await app.close()
})

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
  relay(
    reply as unknown as FastifyReply,
    { kind: 'stream', headers: {}, head, rest, usage: () => undefined },
    record,
    {
      inBody: false,
      onEnd: () => undefined,
    },
  )
  sent?.resume()
  await asked
  // So long that the timer of the chunk before has looked, found nobody waited for, and is gone.
  vi.advanceTimersByTime(120_000)
  sent?.destroy()
  arrive({ done: false, value: head })
  await new Promise(setImmediate)
  expect(vi.getTimerCount()).toBe(0)
})
