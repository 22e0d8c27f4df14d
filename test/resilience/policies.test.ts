import { getEventListeners } from 'node:events'
import { afterEach, expect, test, vi } from 'vitest'
import { GatewayError } from '../../src/errors.ts'
import { breaker } from '../../src/resilience/breaker.ts'
import { bulkhead } from '../../src/resilience/bulkhead.ts'
import { type Call, compose, type Policy } from '../../src/resilience/policy.ts'
import { retry } from '../../src/resilience/retry.ts'
import { createRetryBudget } from '../../src/resilience/retry-budget.ts'
import { timeout } from '../../src/resilience/timeout.ts'

afterEach(() => void vi.useRealTimers())

const never = new AbortController().signal
const unavailable = (details = {}) => new GatewayError('expert_unavailable', 'down', details)

test('policies wrap from the outside in', async () => {
  const seen: string[] = []
  const named =
    (name: string): Policy =>
    call =>
    (signal, about) => {
      seen.push(name)
      return call(signal, about)
    }
  await compose(named('outer'), named('inner'))(async () => 1)(never)
  expect(seen).toEqual(['outer', 'inner'])
})

test('a deadline ends a call that ignores it, and leaves alone what has settled in time', async () => {
  vi.useFakeTimers()
  let given: AbortSignal | undefined
  const hanging = timeout(
    100,
    'It',
  )(signal => {
    given = signal
    return new Promise(() => undefined)
  })(never)
  const refused = expect(hanging).rejects.toMatchObject({ code: 'expert_timeout', status: 504 })
  // And one turn of the loop, which is the call's to say what it was waiting for.
  await vi.advanceTimersByTimeAsync(101)
  await refused
  expect(given?.aborted).toBe(true)

  await timeout(
    100,
    'It',
  )(async signal => {
    given = signal
  })(never)
  await vi.advanceTimersByTimeAsync(1_000)
  expect(given?.aborted).toBe(false)
  expect(vi.getTimerCount()).toBe(0)
})

test('what is transient is tried again after the wait that was asked for; a wait too long is not waited for', async () => {
  const waits: number[] = []
  const policy = retry({
    retries: 2,
    baseDelayMs: 100,
    maxDelayMs: 1_000,
    budget: createRetryBudget({ allowance: 10 }),
    random: () => 0.5,
    sleep: async ms => void waits.push(ms),
  })
  const failing =
    (...errors: unknown[]): Call<string> =>
    async () => {
      if (errors.length > 0) throw errors.shift()
      return 'answer'
    }
  expect(await policy(failing(unavailable(), unavailable({ retryAfterMs: 700 })))(never)).toBe('answer')
  // As long as was asked for and a little more, not all until the same moment.
  expect(waits).toEqual([50, 800])
  await expect(policy(failing(unavailable({ retryAfterMs: 5_000 })))(never)).rejects.toMatchObject({
    code: 'expert_unavailable',
  })
  await expect(policy(failing(new GatewayError('expert_rejected', 'no')))(never)).rejects.toMatchObject({
    code: 'expert_rejected',
  })
  await expect(policy(failing(unavailable(), unavailable(), unavailable()))(never)).rejects.toMatchObject({
    code: 'expert_unavailable',
  })
  expect(waits).toEqual([50, 800, 50, 100])
})

test('what the other side says of trying again counts, whatever its status', async () => {
  const attempts = async (error: GatewayError) => {
    let calls = 0
    const policy = retry({
      retries: 1,
      baseDelayMs: 100,
      maxDelayMs: 1_000,
      budget: createRetryBudget({ allowance: 10 }),
      sleep: async () => undefined,
    })
    const call = async () => {
      calls++
      throw error
    }
    await expect(policy(call)(never)).rejects.toBe(error)
    return calls
  }
  const rejected = (details = {}) => new GatewayError('expert_rejected', 'no', details)
  expect(await attempts(unavailable())).toBe(2)
  expect(await attempts(unavailable({ shouldRetry: false }))).toBe(1)
  expect(await attempts(new GatewayError('expert_rate_limited', 'no', { shouldRetry: false }))).toBe(1)
  expect(await attempts(rejected())).toBe(1)
  expect(await attempts(rejected({ shouldRetry: true }))).toBe(2)
  // A wait beyond patience stays one.
  expect(await attempts(unavailable({ shouldRetry: true, retryAfterMs: 5_000 }))).toBe(1)
})

const breakerAt = () => {
  let time = 0
  const made = breaker({ threshold: 2, cooldownMs: 1_000, maxPauseMs: 60_000, what: 'It', now: () => time })
  const call = (work: Call<unknown>, signal = never) => made.policy(work)(signal)
  const fail = () => call(async () => Promise.reject(unavailable())).catch(() => undefined)
  return {
    ...made,
    call,
    fail,
    wait: (ms: number) => {
      time += ms
    },
  }
}

test('a breaker opens after failures in a row, refuses, and lets one call probe after the cooldown', async () => {
  const { state, call, fail, wait } = breakerAt()
  await fail()
  await call(async () => 1)
  await fail()
  expect(state().kind).toBe('closed')
  await fail()
  expect(state().kind).toBe('open')
  await expect(call(async () => 1)).rejects.toMatchObject({ code: 'expert_busy' })
  wait(1_000)
  let answer = (_value: unknown) => undefined as unknown
  const probe = call(() => new Promise(resolve => (answer = resolve)))
  await expect(call(async () => 1)).rejects.toMatchObject({ code: 'expert_busy' })
  answer(1)
  await probe
  expect(state().kind).toBe('closed')
})

test('a slow success from before the trip does not close a breaker', async () => {
  const { state, call, fail } = breakerAt()
  let answer = (_value: unknown) => undefined as unknown
  const slow = call(() => new Promise(resolve => (answer = resolve)))
  await fail()
  await fail()
  answer(1)
  await slow
  expect(state().kind).toBe('open')
})

test("a client's own mistake and a client that leaves count as no failure", async () => {
  const { state, call } = breakerAt()
  const left = AbortSignal.abort()
  for (let i = 0; i < 5; i++) {
    await call(async () => Promise.reject(new GatewayError('expert_rejected', 'bad'))).catch(() => undefined)
    await call(async () => Promise.reject(new Error('aborted')), left).catch(() => undefined)
  }
  expect(state()).toEqual({ kind: 'closed', failures: 0 })
})

test('a probe that nobody waited for lets the next call probe at once', async () => {
  const { state, call, fail, wait } = breakerAt()
  await fail()
  await fail()
  wait(1_000)
  await call(async () => Promise.reject(new Error('aborted')), AbortSignal.abort()).catch(() => undefined)
  await call(async () => 1)
  expect(state().kind).toBe('closed')
})

test('places are given in order, beyond the queue one is refused at once, and who leaves gives up the turn', async () => {
  const places = bulkhead({ concurrency: 1, queue: 2, what: 'It' })
  const exit = await places.enter(never)
  const order: string[] = []
  const leaving = new AbortController()
  const second = places.enter(leaving.signal).catch(() => order.push('left'))
  const third = places.enter(never).then(leave => {
    order.push('third')
    return leave
  })
  await expect(places.enter(never)).rejects.toMatchObject({ code: 'expert_busy' })
  leaving.abort()
  await second
  exit()
  exit()
  ;(await third)()
  expect(order).toEqual(['left', 'third'])
  expect([places.inFlight(), places.queued()]).toEqual([0, 0])
})

test('a full queue of our own counts neither way, and a probe that it refused lets the next call probe', async () => {
  const { state, call, fail, wait } = breakerAt()
  const refused = () =>
    call(async () => Promise.reject(new GatewayError('expert_busy', 'full'))).catch(() => undefined)
  await fail()
  for (let i = 0; i < 5; i++) await refused()
  expect(state()).toEqual({ kind: 'closed', failures: 1 })
  await fail()
  wait(1_000)
  await refused()
  expect(state().kind).toBe('open')
  await call(async () => 1)
  expect(state().kind).toBe('closed')
})

test('many timeouts open a breaker; slow successes do not', async () => {
  vi.useFakeTimers()
  const { policy, state } = breaker({ threshold: 2, cooldownMs: 1_000, maxPauseMs: 1, what: 'It' })
  const call = compose(policy, timeout(100, 'It'))
  const after = (ms: number) => call(() => new Promise(resolve => setTimeout(resolve, ms)))(never)
  for (const ms of [99, 99, 99]) {
    const slow = after(ms)
    await vi.advanceTimersByTimeAsync(ms)
    await slow
  }
  expect(state().kind).toBe('closed')
  for (const ms of [500, 500]) {
    const late = expect(after(ms)).rejects.toMatchObject({ code: 'expert_timeout' })
    await vi.advanceTimersByTimeAsync(ms)
    await late
  }
  expect(state().kind).toBe('open')
})

test('who asks to be left alone for a while is, for that long and for a minute at most, and needs no probe', async () => {
  const { state, call, wait } = breakerAt()
  const limited = (retryAfterMs: number) => async () =>
    Promise.reject(new GatewayError('expert_rate_limited', 'slow down', { retryAfterMs }))
  await call(limited(5_000)).catch(() => undefined)
  expect(state().kind).toBe('paused')
  wait(4_000)
  await expect(call(async () => 1)).rejects.toMatchObject({
    code: 'expert_busy',
    message: 'It asked for a pause and is left alone.',
    details: { retryAfterMs: 1_000 },
  })
  wait(1_000)
  expect(state()).toEqual({ kind: 'closed', failures: 0 })
  await Promise.all([call(async () => 1), call(async () => 2)])
  await call(limited(86_400_000)).catch(() => undefined)
  wait(60_000)
  expect(state().kind).toBe('closed')
})

test('a breaker that is open says when it is worth asking again', async () => {
  const { call, fail, wait } = breakerAt()
  await fail()
  await fail()
  wait(300)
  await expect(call(async () => 1)).rejects.toMatchObject({ details: { retryAfterMs: 700 } })
})

test('what is waited for in our own queue counts against the deadline, and is no failure of the expert', async () => {
  vi.useFakeTimers()
  const places = bulkhead({ concurrency: 1, queue: 5, what: 'It' })
  const { policy, state } = breaker({ threshold: 1, cooldownMs: 1_000, maxPauseMs: 1, what: 'It' })
  const exit = await places.enter(never)
  const waiting = compose(policy, timeout(100, 'It'))(signal => places.enter(signal))(never)
  const refused = expect(waiting).rejects.toMatchObject({
    code: 'expert_busy',
    message: 'It had no place free in time.',
  })
  await vi.advanceTimersByTimeAsync(101)
  await refused
  expect([state().kind, places.queued()]).toEqual(['closed', 0])
  exit()
  expect(places.inFlight()).toBe(0)
})

test('while it is drained nobody enters, who waits is sent away, and who is inside finishes', async () => {
  const places = bulkhead({ concurrency: 1, queue: 5, what: 'It' })
  const exit = await places.enter(never)
  const waiting = expect(places.enter(never)).rejects.toMatchObject({ code: 'expert_busy' })
  places.drain(true)
  await waiting
  await expect(places.enter(never)).rejects.toThrow('It is being drained and takes no new requests.')
  expect([places.inFlight(), places.queued()]).toEqual([1, 0])
  exit()
  expect(places.inFlight()).toBe(0)
  places.drain(false)
  ;(await places.enter(never))()
})

test('a deadline passes the leaving on, and once settled leaves nothing behind with who asked', async () => {
  const client = new AbortController()
  const leaving = expect(
    timeout(
      60_000,
      'It',
    )(
      signal =>
        new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
    )(client.signal),
  ).rejects.toThrow('left')
  client.abort(new Error('left'))
  await leaving
  await expect(timeout(60_000, 'It')(async signal => signal.throwIfAborted())(client.signal)).rejects.toThrow(
    'left',
  )
  await timeout(60_000, 'It')(async () => undefined)(never)
  expect(getEventListeners(never, 'abort')).toEqual([])
})
