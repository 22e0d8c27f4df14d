import { EventEmitter } from 'node:events'
import type { IncomingMessage } from 'node:http'
import type { FastifyRequest } from 'fastify'
import { expect, test } from 'vitest'
import { createBodies } from '../../src/http/bodies.ts'
import { heldMemory } from '../support/memory.ts'

const MB = 1024 * 1024
const limits = { bodyBytes: 10 * MB, bodiesBytes: 20 * MB }

const receiving = (bodies: ReturnType<typeof createBodies>, headers: Record<string, string> = {}) => {
  const request = { headers } as unknown as FastifyRequest
  const payload = Object.assign(new EventEmitter(), { resume: () => undefined })
  const received = new Promise(resolve =>
    bodies.read(request, payload as unknown as IncomingMessage, (_error, body) => resolve(body)),
  )
  return { request, payload, received }
}

test('a body in pieces of one byte takes little more memory than in one piece', async () => {
  const bodies = createBodies(limits, () => undefined)
  const { payload, received } = receiving(bodies)
  const before = heldMemory()
  for (let i = 0; i < 500_000; i++) payload.emit('data', Buffer.from([97 + (i % 26)]))
  expect((heldMemory() - before) / MB).toBeLessThan(2)
  payload.emit('end')
  const expected = Buffer.from('abcdefghijklmnopqrstuvwxyz'.repeat(20_000).slice(0, 500_000))
  expect(expected.equals((await received) as Buffer)).toBe(true)
})

test('a length that is only announced takes no memory yet, and more than announced is taken as it comes', async () => {
  const bodies = createBodies(limits, () => undefined)
  const { payload, received, request } = receiving(bodies, { 'content-length': String(9 * MB) })
  expect(bodies.held()).toBe(0)
  payload.emit('data', Buffer.from('x'))
  expect(bodies.held()).toBeLessThanOrEqual(64 * 1024)
  payload.emit('data', Buffer.alloc(2 * MB))
  expect(bodies.held()).toBeLessThanOrEqual(5 * MB)
  payload.emit('end')
  expect(((await received) as Buffer).length).toBe(2 * MB + 1)
  bodies.release(request)
  bodies.release(request)
  expect(bodies.held()).toBe(0)
})

test('whoever does not fit any more is refused and holds nothing, and those before are untouched', async () => {
  let full = 0
  const bodies = createBodies(limits, () => full++)
  const [first, second, third] = [receiving(bodies), receiving(bodies), receiving(bodies)]
  for (const { payload } of [first, second]) payload.emit('data', Buffer.alloc(9 * MB))
  const held = bodies.held()
  third.payload.emit('data', Buffer.alloc(9 * MB))
  expect(await third.received).toMatchObject({ code: 'overloaded', status: 503 })
  expect([full, bodies.held()]).toEqual([1, held])
  // What is still on its way is neither kept nor counted.
  third.payload.emit('data', Buffer.alloc(9 * MB))
  expect(bodies.held()).toBe(held)
  first.payload.emit('data', Buffer.alloc(2 * MB))
  expect(await first.received).toMatchObject({ code: 'body_too_large' })
  expect(bodies.held()).toBeLessThan(held)
  second.payload.emit('end')
  expect(((await second.received) as Buffer).length).toBe(9 * MB)
})
