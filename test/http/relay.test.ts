import { EventEmitter } from 'node:events'
import type { AddressInfo } from 'node:net'
import { connect } from 'node:net'
import fastify, { type FastifyReply } from 'fastify'
import { afterEach, expect, test, vi } from 'vitest'
import { relay } from '../../src/http/openai/relay.ts'
import type { Flow, Sink } from '../../src/resilience/flow.ts'

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

test('a client that leaves while it holds a stream up leaves no timer behind that delays a shutdown', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const outcomes: string[] = []
  const calls: string[] = []
  let sink: Sink | undefined
  const rest: Flow = {
    to(given) {
      sink = given
    },
    pause: () => void calls.push('pause'),
    resume: () => void calls.push('resume'),
    stop: () => void calls.push('stop'),
  }
  const raw = new Stuck()
  const reply = { code: () => reply, headers: () => reply, hijack: () => reply, getHeaders: () => ({}), raw }
  const answer = {
    kind: 'stream',
    headers: {},
    head: Buffer.from('data: {}\n\n'),
    rest,
    usage: () => undefined,
  } as const
  const onEnd = (outcome: string) => void outcomes.push(outcome)
  const relayed = relay(reply as unknown as FastifyReply, answer, record, { inBody: false, onEnd })
  await new Promise(setImmediate)
  expect(calls).toEqual(['pause'])
  raw.emit('drain')
  expect(calls).toEqual(['pause', 'resume'])
  sink?.data(answer.head)
  await new Promise(setImmediate)
  expect(vi.getTimerCount()).toBe(1)
  // What its leaving does to the expert's call is no fault of the expert.
  raw.once('close', () => sink?.fail(new Error('given up')))
  raw.emit('close')
  await relayed
  expect(outcomes).toEqual(['left'])
  expect(calls).toEqual(['pause', 'resume', 'pause', 'stop'])
  expect(vi.getTimerCount()).toBe(0)
})

/** A client that takes nothing. */
class Stuck extends EventEmitter {
  readonly destroyed = false
  readonly writeHead = () => this
  readonly write = () => false
  readonly end = () => this
  readonly destroy = () => this
}
