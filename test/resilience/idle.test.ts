import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Flow, Sink } from '../../src/resilience/flow.ts'
import { idle } from '../../src/resilience/idle.ts'
import { type Collected, collect } from '../support/flow.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** A chunk after so many milliseconds each, as long as nobody pauses it or gives it up. */
const dripping = (...gaps: number[]): Flow & { stopped(): boolean } => {
  let sink: Sink | undefined
  let timer: NodeJS.Timeout | undefined
  let paused = false
  const next = () => {
    const gap = gaps.shift()
    if (gap === undefined) sink?.end()
    else
      timer = setTimeout(() => {
        sink?.data(Buffer.from([gap]))
        if (!paused && sink !== undefined) next()
      }, gap)
  }
  return {
    to(given) {
      sink = given
      next()
    },
    pause() {
      paused = true
    },
    resume() {
      paused = false
      next()
    },
    stop() {
      sink = undefined
      clearTimeout(timer)
    },
    stopped: () => sink === undefined,
  }
}

const gapsOf = ({ chunks, error }: Collected) => ({ gaps: chunks.map(([gap]) => gap), error })

test('gaps that are short enough never add up, and nothing is left behind', async () => {
  const collected = collect(idle(dripping(90, 90, 90, 90, 90), 100, 'It'))
  await vi.advanceTimersByTimeAsync(450)
  expect(gapsOf(await collected)).toEqual({ gaps: [90, 90, 90, 90, 90] })
  expect(vi.getTimerCount()).toBe(0)
})

test('a silence that is too long ends the source on the dot, whenever it begins', async () => {
  const began = performance.now()
  let ended = 0
  const source = dripping(70, 70, 101)
  const collected = collect(idle(source, 100, 'It')).then(result => {
    ended = performance.now() - began
    return result
  })
  await vi.advanceTimersByTimeAsync(10_000)
  expect(gapsOf(await collected)).toMatchObject({
    gaps: [70, 70],
    error: { code: 'expert_timeout', message: 'It fell silent for 0.1 s.' },
  })
  expect(ended).toBe(240)
  expect(source.stopped()).toBe(true)
  expect(vi.getTimerCount()).toBe(0)
})

test('a reader that takes its time is no silence of the source', async () => {
  const source = idle(dripping(10, 10), 100, 'It')
  const collected = collect({
    ...source,
    to: sink =>
      source.to({
        ...sink,
        data(bytes) {
          source.pause()
          sink.data(bytes)
        },
      }),
  })
  for (const _ of [1, 2]) {
    await vi.advanceTimersByTimeAsync(5_010)
    source.resume()
  }
  expect(gapsOf(await collected)).toEqual({ gaps: [10, 10] })
  expect(vi.getTimerCount()).toBe(0)
})

test('who gives a source up leaves no timer', async () => {
  const source = idle(dripping(10, 10), 100, 'It')
  void collect(source)
  await vi.advanceTimersByTimeAsync(10)
  source.stop()
  expect(vi.getTimerCount()).toBe(0)
})
