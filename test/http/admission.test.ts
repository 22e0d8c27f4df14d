import { expect, test } from 'vitest'
import { createAdmission } from '../../src/http/admission.ts'

const limits = { inFlight: 10, delayMs: 1_000 }

/** An admission whose clock and timer are in the test's hands. */
const admission = (random = () => 0.5) => {
  const told: string[] = []
  let time = 0
  let look = () => {}
  const door = createAdmission({
    limits,
    events: {
      refused: because => told.push(because),
      refusing: because => told.push(`log ${because}`),
      refusedEnough: (because, count) => told.push(`over ${because} ${count}`),
    },
    now: () => time,
    random,
    every: (_ms, tick) => {
      look = tick
      return () => undefined
    },
  })
  const gets = () => {
    try {
      door.enter()
      return 'in'
    } catch (error) {
      return (error as { details: { retryAfterMs: number } }).details.retryAfterMs
    }
  }
  return {
    door,
    told,
    gets,
    /** Time passes; the timer comes as late as told. */
    tick(lateMs = 0) {
      time += 250 + lateMs
      look()
    },
  }
}

test('one pause of the event loop sheds nobody, a loop that stays late does, until it is clearly on time again', () => {
  const { gets, tick, door } = admission()
  tick(3_000)
  expect(gets()).toBe('in')
  tick()
  tick(1_200)
  expect(gets()).toBe('in')
  tick(1_200)
  expect(gets()).toBe(3_000)
  // Better, but not good: letting everybody in again would bring it back.
  for (let i = 0; i < 5; i++) tick(700)
  expect(gets()).toBe(3_000)
  tick(100)
  expect(gets()).toBe(3_000)
  tick(100)
  expect(gets()).toBe('in')
  expect(door.inFlight()).toBe(3)
})

test('at the limit of requests in flight nobody gets in until some have left, not just one', () => {
  const { gets, door } = admission()
  for (let i = 0; i < 10; i++) expect(gets()).toBe('in')
  expect(gets()).not.toBe('in')
  door.leave()
  expect(gets()).not.toBe('in')
  door.leave()
  expect(gets()).toBe('in')
  expect(gets()).toBe('in')
  expect(gets()).not.toBe('in')
  expect(door.inFlight()).toBe(10)
})

test('an episode is told once when it begins and once when it is over, however many were turned away', () => {
  const { gets, door, told, tick } = admission()
  for (let i = 0; i < 10; i++) gets()
  for (let i = 0; i < 3; i++) gets()
  for (let i = 0; i < 38; i++) tick()
  gets()
  for (let i = 0; i < 39; i++) tick()
  const begun = ['in_flight', 'log in_flight', 'in_flight', 'in_flight', 'in_flight']
  expect(told).toEqual(begun)
  tick()
  expect(told).toEqual([...begun, 'over in_flight 4'])
  door.leave()
  door.leave()
  for (let i = 0; i < 3; i++) gets()
  expect(told.slice(begun.length + 1)).toEqual(['in_flight', 'log in_flight'])
})

test('those turned away are not all asked back at the same moment', () => {
  const values = [0, 0.25, 0.999]
  const { gets } = admission(() => values.shift() ?? 0)
  for (let i = 0; i < 10; i++) gets()
  expect([gets(), gets(), gets()]).toEqual([1_000, 2_000, 4_996])
})
