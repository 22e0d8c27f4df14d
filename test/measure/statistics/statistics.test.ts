import fc from 'fast-check'
import { expect, test } from 'vitest'
import { wilson } from '../../../src/knowledge/wilson.ts'
import { seeded } from '../../../src/measure/random.ts'
import { estimatesOf } from '../../../src/measure/replay/bootstrap.ts'
import { compare } from '../../../src/measure/statistics/compare.ts'
import { evidenceOf } from '../../../src/measure/statistics/evidence.ts'
import { inverseOf, multiply } from '../../../src/measure/statistics/matrix.ts'
import { expectedExcess, normalBelow } from '../../../src/measure/statistics/normal.ts'
import { posteriorOf } from '../../../src/measure/statistics/posterior.ts'

test('the normal distribution and what is hoped for beyond a point are those of the tables', () => {
  expect(normalBelow(0)).toBeCloseTo(0.5, 7)
  expect(normalBelow(1.96)).toBeCloseTo(0.9750021, 6)
  expect(normalBelow(-3)).toBeCloseTo(0.0013499, 6)
  expect(expectedExcess(0)).toBeCloseTo(0.3989423, 6)
  expect(expectedExcess(1)).toBeCloseTo(0.0833155, 6)
})

test("Wilson's interval is the published one, and never leaves 0 to 1", () => {
  // 81 of 263 (Newcombe 1998): 0.2553 to 0.3662. 0 of 20: 0 to 0.1611.
  expect(wilson(81, 263)).toEqual([expect.closeTo(0.2553, 4), expect.closeTo(0.3662, 4)])
  expect(wilson(0, 20)).toEqual([0, expect.closeTo(0.1611, 4)])
  expect(wilson(0, 0)).toEqual([0, 1])
  fc.assert(
    fc.property(fc.nat(500), fc.nat(500), (right, wrong) => {
      const [lo, hi] = wilson(right, right + wrong)
      expect(lo).toBeGreaterThanOrEqual(0)
      expect(hi).toBeLessThanOrEqual(1)
      if (right + wrong > 0) expect(lo).toBeLessThanOrEqual(right / (right + wrong) + 1e-12)
    }),
  )
})

test('a matrix times its inverse is one, and what has no inverse is said to have none', () => {
  const matrix = Float64Array.of(4, 2, 1, 2, 5, 3, 1, 3, 6)
  const inverse = inverseOf(matrix, 3)
  const one = multiply(matrix, inverse?.matrix ?? matrix, 3)
  expect([...one]).toEqual([1, 0, 0, 0, 1, 0, 0, 0, 1].map(value => expect.closeTo(value, 12)))
  expect(Math.exp(inverse?.logDeterminant ?? 0)).toBeCloseTo(67, 9)
  expect(inverseOf(Float64Array.of(1, 1, 1, 1), 2)).toBeUndefined()
})

/** Two experts that differ in every question of a list, or answer alike. */
const measured = (pairs: readonly (readonly [number, number])[], task = 'build') => ({
  tasks: pairs.map(() => task),
  outcomes: [Int8Array.from(pairs, ([a]) => a), Int8Array.from(pairs, ([, b]) => b)],
})
const doubtOf = ({ tasks, outcomes }: ReturnType<typeof measured>) => {
  const evidence = evidenceOf(tasks, outcomes)
  return compare(posteriorOf(evidence, 2), { expert: 0, than: 1, weights: new Map([[0, 1]]) })
}
const times = (count: number, pair: readonly [number, number]) => Array.from({ length: count }, () => pair)

test('the same lead is surer over more questions, and over questions that both find hard or easy together', () => {
  const both = [...times(60, [1, 1]), ...times(30, [0, 0])] as const
  const few = doubtOf(measured([...times(7, [1, 1]), ...times(2, [1, 0]), ...times(1, [0, 1])]))
  const many = doubtOf(measured([...both, ...times(20, [1, 0]), ...times(10, [0, 1])]))
  const apart = doubtOf(measured([...times(80, [1, 0]), ...times(70, [0, 1])]))
  expect(few.doubt).toBeGreaterThan(many.doubt)
  expect(apart.doubt).toBeGreaterThan(many.doubt)
  expect(many.doubt).toBeLessThan(0.1)
})

test('a difference is drawn towards what is usual, the more so the fewer answers there are', () => {
  const random = seeded(4)
  const tasks = ['a', 'b', 'c', 'd'].flatMap(task => Array.from({ length: 400 }, () => task))
  const drawn = (accuracy: number) => Int8Array.from(tasks, () => Number(random() < accuracy))
  const outcomes = [drawn(0.5), drawn(0.5)]
  const joined = (lead: number) => {
    const more = Array.from({ length: lead }, () => 'e')
    return evidenceOf(
      [...tasks, ...more],
      outcomes.map((column, e) => Int8Array.from([...column, ...more.map(() => (e === 0 ? 1 : 0))])),
    )
  }
  const gain = (n: number) =>
    compare(posteriorOf(joined(n), 2), { expert: 0, than: 1, weights: new Map([[4, 1]]) }).gain
  // Right in 3 of 3 against 0 of 3 is a lead of 100 points as measured.
  expect(gain(3)).toBeLessThan(0.15)
  expect(gain(60)).toBeGreaterThan(0.7)
})

test('intervals cover the truth about as often as they say, and every column is drawn alike', () => {
  let covered = 0
  for (let seed = 1; seed <= 60; seed++) {
    const random = seeded(seed * 7)
    const column = Float32Array.from({ length: 200 }, () => Number(random() < 0.3))
    const [first, second] = estimatesOf([column, column], seed)
    expect(second).toEqual(first)
    const [lo, hi] = first?.ci ?? [0, 0]
    if (lo <= 0.3 && hi >= 0.3) covered++
  }
  expect(covered).toBeGreaterThanOrEqual(52)
})
