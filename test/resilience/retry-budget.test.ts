import { afterEach, expect, test, vi } from 'vitest'
import { GatewayError } from '../../src/errors.ts'
import { compose } from '../../src/resilience/policy.ts'
import { retry } from '../../src/resilience/retry.ts'
import { createRetryBudget } from '../../src/resilience/retry-budget.ts'
import { timeout } from '../../src/resilience/timeout.ts'

const never = new AbortController().signal

afterEach(() => void vi.useRealTimers())

/** A budget of a fifth in ten seconds, and a clock that goes when told. */
const budgetAt = () => {
  let time = 1_000_000
  const budget = createRetryBudget({ now: () => time })
  return {
    budget,
    wait: (ms: number) => {
      time += ms
    },
    call: (times: number) => {
      for (let i = 0; i < times; i++) budget.called()
    },
    taken: (wanted: number) => Array.from({ length: wanted }, () => budget.take()).filter(Boolean).length,
  }
}

test('retries are a fifth of the calls at most, and a few are granted however few calls there were', () => {
  const { call, taken } = budgetAt()
  call(1)
  expect(taken(10)).toBe(3)
  call(14)
  expect(taken(10)).toBe(0)
  call(85)
  expect(taken(100)).toBe(17)
  call(4)
  expect(taken(100)).toBe(0)
  call(1)
  expect(taken(100)).toBe(1)
})

test('what was long ago counts no more, neither calls nor retries', () => {
  const { call, taken, wait } = budgetAt()
  call(100)
  expect(taken(100)).toBe(20)
  wait(5_000)
  expect(taken(100)).toBe(0)
  call(50)
  expect(taken(100)).toBe(10)
  wait(5_000)
  // The fifty of five seconds ago, of which ten were tried again.
  expect(taken(100)).toBe(0)
  wait(5_000)
  expect(taken(100)).toBe(3)
  wait(1_000_000)
  expect(taken(100)).toBe(3)
})

test('an expert that fails everything is asked a fifth more, not twice as much', async () => {
  const { budget, wait } = budgetAt()
  let asked = 0
  const policy = retry({ retries: 2, baseDelayMs: 1, maxDelayMs: 1, budget, sleep: async () => undefined })
  const call = policy(async () => {
    asked++
    throw new GatewayError('expert_unavailable', 'down')
  })
  for (let i = 0; i < 1_000; i++) {
    await call(never).catch(() => undefined)
    wait(10)
  }
  expect(asked).toBeGreaterThan(1_100)
  expect(asked).toBeLessThanOrEqual(1_200)
})

test('a deadline that passes before the second attempt does not hide why the first one failed', async () => {
  vi.useFakeTimers()
  const patient = retry({
    retries: 1,
    baseDelayMs: 1_000,
    maxDelayMs: 1_000,
    budget: createRetryBudget(),
    random: () => 1,
  })
  const call = compose(
    timeout(100, 'It'),
    patient,
  )(async () => {
    throw new GatewayError('expert_unavailable', 'down')
  })
  const failed = expect(call(never)).rejects.toThrow('down')
  await vi.advanceTimersByTimeAsync(2_000)
  await failed
})
