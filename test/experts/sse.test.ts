import { expect, test } from 'vitest'
import { createHead, firstEvent } from '../../src/experts/sse.ts'
import { flowOf, held } from '../../src/resilience/flow.ts'
import { collect } from '../support/flow.ts'

test.each([
  ['data: {"a":1}\n\nrest', '{"a":1}', 15],
  ['data:{"a":1}\r\n\r\nrest', '{"a":1}', 16],
  [': keep-alive\n\n: again\n\ndata: x\n\n', 'x', 32],
  ['event: ping\n\ndata: x\n\n', 'x', 22],
  ['event: message\nid: 1\ndata: one\ndata: two\n\n', 'one\ntwo', 42],
  ['data: x\r\r', undefined, 0],
])('the first event of %j is found', (text, data, end) => {
  const found = firstEvent(Buffer.from(text))
  expect(found?.data).toBe(data)
  if (found !== undefined) expect(found.end).toBe(end)
})

test('an event is found wherever the bytes were cut, once it is complete and not before', () => {
  const bytes = Buffer.from(': hi\r\n\r\ndata: {"text":"漢字"}\r\n\r\n')
  for (let cut = 0; cut < bytes.length; cut++) expect(firstEvent(bytes.subarray(0, cut))).toBeUndefined()
  expect(firstEvent(bytes)?.data).toBe('{"text":"漢字"}')
})

test('what is held is let go once, also when it was never begun', async () => {
  let times = 0
  const bytes = [Buffer.from('1')]
  held(flowOf(bytes), () => times++).stop()
  expect(times).toBe(1)
  const used = held(flowOf(bytes), () => times++)
  expect(await collect(used)).toEqual({ chunks: bytes })
  used.stop()
  expect(times).toBe(2)
})

test('an event has the name of its own lines only', () => {
  expect(firstEvent(Buffer.from('event: error\n\ndata: x\n\n'))?.name).toBeUndefined()
  expect(firstEvent(Buffer.from('data: x\nevent:error\n\n'))?.name).toBe('error')
})

test('a long beginning that arrives a byte at a time is looked through once, and found as if it came whole', () => {
  const bytes = Buffer.from(
    `: ${'x'.repeat(300_000)}\r\n\r\nevent: a\r\ndata:\r\n\r\ndata: {"a":1,\ndata: "b":2}\r\r\n`,
  )
  const head = createHead()
  let found: ReturnType<typeof head.add>
  for (let at = 0; at < bytes.length && found === undefined; at++)
    found = head.add(bytes.subarray(at, at + 1))
  expect(found).toEqual(firstEvent(bytes))
  expect(found?.data).toBe('{"a":1,\n"b":2}')
  expect(head.bytes().equals(bytes.subarray(0, found?.end))).toBe(true)
})
