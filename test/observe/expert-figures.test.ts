import { expect, test } from 'vitest'
import { createExpertFigures } from '../../src/observe/expert-figures.ts'

const MINUTE = 60_000
const failure = (code: string) => ({ requestId: 'r', expert: 'a', code, message: '', ms: 1 })

test('an hour is kept by minute, and what is older is forgotten', () => {
  let time = 100 * MINUTE
  const figures = createExpertFigures(() => time)
  for (let minute = 0; minute < 90; minute++) {
    figures.events.expertAnswered('a', 100)
    figures.events.expertFailed(failure('expert_timeout'))
    time += MINUTE
  }
  time -= MINUTE
  const { answered, failed, history } = figures.of('a')
  expect([answered, failed, history.length]).toEqual([60, 60, 60])
  expect(history.at(-1)?.at).toBe(new Date(189 * MINUTE).toISOString())
  time += 30 * MINUTE
  expect(figures.of('a').answered).toBe(30)
  expect(figures.of('nobody')).toMatchObject({ answered: 0, p50Ms: null, history: [] })
})

test('waits are told within a tenth, from a fraction of a millisecond to minutes', () => {
  const figures = createExpertFigures(() => 0)
  for (let ms = 1; ms <= 1_000; ms++) figures.events.expertAnswered('a', ms)
  const { p50Ms, p95Ms } = figures.of('a')
  expect(Math.abs((p50Ms ?? 0) - 500)).toBeLessThan(50)
  expect(Math.abs((p95Ms ?? 0) - 950)).toBeLessThan(95)
  figures.events.expertAnswered('b', 0.01)
  figures.events.expertAnswered('c', 1e9)
  expect([figures.of('b').p50Ms, figures.of('c').p50Ms]).toEqual([1, expect.any(Number)])
})

test('whom nobody asked, and what the client did wrong, count against no expert', () => {
  const figures = createExpertFigures(() => 0)
  figures.events.expertFailed(failure('expert_busy'))
  figures.events.expertFailed(failure('expert_rejected'))
  expect(figures.of('a').failed).toBe(0)
})

test('experts that come and go with the maps do not add up', () => {
  const figures = createExpertFigures(() => 0)
  for (let id = 0; id < 1_500; id++) figures.events.expertAnswered(`expert-${id}`, 1)
  expect([figures.of('expert-0').answered, figures.of('expert-1499').answered]).toEqual([0, 1])
})
