import fc from 'fast-check'
import { expect, test } from 'vitest'
import { eventsOf } from '../../console/api/events.ts'
import { diff, hunks } from '../../console/parts/diff.ts'

const lines = fc.array(fc.constantFrom('a', 'b', 'c', ''), { maxLength: 12 }).map(some => some.join('\n'))

test('a comparison of two maps holds every line of both, in order', () => {
  fc.assert(
    fc.property(lines, lines, (before, after) => {
      const compared = diff(before, after)
      const without = (kind: string) =>
        compared
          .filter(line => line.kind !== kind)
          .map(({ text }) => text)
          .join('\n')
      expect(without('added')).toBe(before)
      expect(without('removed')).toBe(after)
    }),
  )
})

test('a line that was put in is the only one that is shown as new, with its surroundings', () => {
  const before = Array.from({ length: 20 }, (_, i) => `line ${i + 1}`)
  const after = [...before.slice(0, 9), 'new', ...before.slice(9)]
  expect(hunks(diff(before.join('\n'), after.join('\n')), 1)).toEqual([
    { skipped: 8 },
    { kind: 'same', text: 'line 9', line: 9 },
    { kind: 'added', text: 'new', line: 10 },
    { kind: 'same', text: 'line 10', line: 11 },
    { skipped: 10 },
  ])
})

test('two long maps without a line in common are compared at once', () => {
  const text = (word: string) => Array.from({ length: 5_000 }, (_, i) => `${word} ${i}`).join('\n')
  expect(diff(text('before'), text('after'))).toHaveLength(10_000)
})

test('events are read whole, wherever the network cuts the stream', async () => {
  const text =
    ': hello\n\nevent: decision\ndata: {"question":"磁盘满了"}\n\ndata: one\r\ndata: two\r\n\r\ndata: cut'
  const bytes = new TextEncoder().encode(text)
  for (const size of [1, 2, 3, 7, bytes.length]) {
    const body = new ReadableStream<Uint8Array>({
      start(stream) {
        for (let at = 0; at < bytes.length; at += size) stream.enqueue(bytes.slice(at, at + size))
        stream.close()
      },
    })
    const events: unknown[] = []
    for await (const event of eventsOf(new Response(body))) events.push(event)
    expect(events).toEqual([
      { event: 'decision', data: '{"question":"磁盘满了"}' },
      { event: 'message', data: 'one\ntwo' },
    ])
  }
})
