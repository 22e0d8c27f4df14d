import { expect, test } from 'vitest'
import { chunk, DONE, JSON_TYPE, LAST_CHUNK, SSE_TYPE } from './bytes.ts'
import type { Call } from './faulty-expert.ts'
import { answers, brokenOff, type Row, rows, type Sees, unavailable } from './row.ts'
import { gatewayFor, startServers } from './venue.ts'
import { expectSeen, nothingLeaks, see, settled } from './witness.ts'

const small = (type: Record<string, string>, framing: string) =>
  `HTTP/1.1 200 OK\r\ncontent-type: ${type['content-type']}\r\n${framing}\r\n\r\n`
const text = '{"choices":[{"message":{"content":"☕"}}]}'
const whole = Buffer.from(small(JSON_TYPE, `content-length: ${Buffer.byteLength(text)}`) + text)

const first = 'data: {"choices":[{"text":"☕"}]}\n\n'
const body = Buffer.from(`${first}data: {"finish_reason":"stop"}\n\n${DONE}`)
const opening = small(SSE_TYPE, 'transfer-encoding: chunked')
const stream = Buffer.concat([Buffer.from(opening), chunk(body), Buffer.from(LAST_CHUNK)])
const bodyFrom = stream.indexOf(body)

/** What the client has of a stream of which so many bytes were sent. */
const relayedOf = (sent: number) => body.subarray(0, Math.min(sent - bodyFrom, body.length))

const seesOf = (sent: number): Sees => {
  if (sent < bodyFrom + Buffer.byteLength(first)) return unavailable()
  const relayed = relayedOf(sent)
  return relayed.includes('data: [DONE]') ? answers(() => relayed) : brokenOff(relayed)
}

const cutWhole = (sent: number): Row[] =>
  rows(`cuts a whole answer after ${sent} bytes`, call => cut(call, whole.subarray(0, sent)), unavailable(), {
    only: 'whole',
  })

const cutStream = (sent: number): Row[] => {
  const sees = seesOf(sent)
  const script = async (call: Call) => {
    call.send(stream.subarray(0, sent))
    if (sees.kind !== 'next') await call.delivered(relayedOf(sent))
    cut(call, '')
  }
  return rows(`cuts a stream after ${sent} bytes`, script, sees, { only: 'stream' })
}

const cut = ({ socket }: Call, bytes: string | Uint8Array) => {
  if (bytes.length === 0) socket.resetAndDestroy()
  else socket.write(bytes, () => socket.resetAndDestroy())
}

const everyByte = <T>(bytes: Buffer, make: (sent: number) => T[]) =>
  Array.from(bytes, (_, sent) => make(sent)).flat()

test.each([
  ['a whole answer', everyByte(whole, cutWhole)],
  ['a stream', everyByte(stream, cutStream)],
])('wherever %s is cut, the next expert answers or the client is told what is missing', async (_, all) => {
  await using servers = await startServers()
  await using gateway = await gatewayFor(servers, all)
  const stage = { servers, gateway }
  const left = [...all]
  const one = async () => {
    for (let row = left.pop(); row !== undefined; row = left.pop()) {
      expectSeen(row, await see(stage, row, 'second'))
      await nothingLeaks(stage, row, 'second')
    }
  }
  await Promise.all(Array.from({ length: 16 }, one))
  await settled(servers)
  expect(all.length).toBeGreaterThan(100)
})
