import { expect, test } from 'vitest'
import { tailOf } from '../../src/experts/tail.ts'

const TAIL = 32 * 1024

test('the end of a stream is kept, however its bytes were cut into chunks, and never more of it than 32 KB', () => {
  for (const [chunks, length] of [
    [1, 10],
    [900, 7],
    [9_000, 37],
    [5, 40_000],
    [3, TAIL],
    [2, TAIL - 1],
    [65, TAIL / 2 + 1],
  ] as const) {
    const all = Array.from({ length: chunks }, (_, at) => Buffer.alloc(length, `${at} `))
    const tail = tailOf(all[0] ?? Buffer.alloc(0))
    for (const chunk of all.slice(1)) tail.add(chunk)
    const whole = `\n${Buffer.concat(all).toString('latin1')}`
    expect(tail.text()).toBe(whole.slice(-TAIL))
  }
})
