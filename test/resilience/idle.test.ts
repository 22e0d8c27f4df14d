import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { idle } from '../../src/resilience/idle.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** Gives its items after so many milliseconds each, and ends a wait when it is given up, as a socket does. */
const dripping = (...gaps: number[]) => {
  let giveUp: (() => void) | undefined
  const source: AsyncIterator<number> = {
    next: () =>
      new Promise((resolve, reject) => {
        const gap = gaps.shift()
        giveUp = () => reject(new Error('given up'))
        if (gap === undefined) resolve({ done: true, value: undefined })
        else setTimeout(() => resolve({ done: false, value: gap }), gap)
      }),
    async return() {
      giveUp?.()
      return { done: true, value: undefined }
    },
  }
  return source
}

const collect = async (source: AsyncIterable<number>) => {
  const items: number[] = []
  try {
    for await (const item of source) items.push(item)
    return { items }
  } catch (error) {
    return { items, error }
  }
}

test('gaps that are short enough never add up, and nothing is left behind', async () => {
  const collected = collect(idle(dripping(90, 90, 90, 90, 90), 100, 'It'))
  await vi.advanceTimersByTimeAsync(450)
  expect(await collected).toEqual({ items: [90, 90, 90, 90, 90] })
  expect(vi.getTimerCount()).toBe(0)
})

test('a silence that is too long ends the source on the dot, whenever it begins', async () => {
  const began = performance.now()
  let ended = 0
  const collected = collect(idle(dripping(70, 70, 101), 100, 'It')).then(result => {
    ended = performance.now() - began
    return result
  })
  await vi.advanceTimersByTimeAsync(10_000)
  expect(await collected).toMatchObject({
    items: [70, 70],
    error: { code: 'expert_timeout', message: 'It fell silent for 0.1 s.' },
  })
  expect(ended).toBe(240)
  expect(vi.getTimerCount()).toBe(0)
})

test('a reader that takes its time is no silence of the source', async () => {
  const source = idle(dripping(10, 10), 100, 'It')
  for (const _ of [1, 2]) {
    const item = source.next()
    await vi.advanceTimersByTimeAsync(10)
    expect((await item).done).toBe(false)
    await vi.advanceTimersByTimeAsync(5_000)
  }
  expect((await source.next()).done).toBe(true)
  expect(vi.getTimerCount()).toBe(0)
})

test('who gives a source up leaves no timer', async () => {
  const source = idle(dripping(10, 10), 100, 'It')
  const item = source.next()
  await vi.advanceTimersByTimeAsync(10)
  await item
  await source.return?.()
  expect(vi.getTimerCount()).toBe(0)
})
