import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fitMap } from '../../src/measure/fit.ts'
import { type Random, seeded } from '../../src/measure/random.ts'

/** Experts of known accuracy by task; questions differ in how hard they are, so that answers go together. */
const world = (truth: readonly Record<string, number>[], n: number, random: Random) => {
  const tasks = Object.keys(truth[0] ?? {}).flatMap(task => Array.from({ length: n }, () => task))
  const outcomes = truth.map(() => new Int8Array(tasks.length))
  tasks.forEach((task, question) => {
    const luck = random()
    truth.forEach((accuracies, e) => {
      const drawn = random() < 0.5 ? luck : random()
      const column = outcomes[e]
      if (column !== undefined) column[question] = drawn < (accuracies[task] ?? 0) ? 1 : 0
    })
  })
  return { tasks, outcomes, experts: truth.map((_, e) => `e${e}`) }
}
const even = (tasks: number, accuracy: number) =>
  Object.fromEntries(Array.from({ length: tasks }, (_, t) => [`t${t}`, accuracy]))

test('scores are what was counted, and a pair that nobody asked has none', () => {
  const { scores, ranking } = fitMap({
    experts: ['a', 'b'],
    tasks: ['build', 'build', 'build', 'deploy'],
    outcomes: [Int8Array.of(1, 1, 0, 1), Int8Array.of(0, -1, 1, -1)],
  })
  expect(scores).toEqual({
    a: { build: { accuracy: 2 / 3, n: 3 }, deploy: { accuracy: 1, n: 1 } },
    b: { build: { accuracy: 1 / 2, n: 2 } },
  })
  expect(Object.keys(ranking)).toEqual(['build', 'deploy'])
})

test('a task goes to the expert that is clearly better on it, and the map says by how much', () => {
  const given = world(
    [
      { ...even(4, 0.6), code: 0.4 },
      { ...even(4, 0.5), code: 0.7 },
    ],
    300,
    seeded(1),
  )
  const { ranking, unknown } = fitMap(given)
  expect(ranking.code?.experts).toEqual(['e1', 'e0'])
  expect(ranking.code?.because).toMatch(
    /^e1 is \d+\.\d points ahead of e0 on 300 questions; the chance that it is no better is below 0\.1 %$/,
  )
  expect(ranking.t0).toEqual({
    experts: ['e0', 'e1'],
    because: 'e0 is best on average, and nobody is ahead of it here',
  })
  expect(unknown.experts).toEqual(['e0', 'e1'])
})

test('a lead that may be chance moves nothing, and the map says so', () => {
  const given = world([even(8, 0.6), even(8, 0.6)], 30, seeded(3))
  const { ranking } = fitMap(given)
  const left = Object.values(ranking).filter(({ because }) => because.startsWith('left with'))
  expect(left.length).toBeGreaterThan(0)
  for (const { experts, because } of left) {
    expect(because).toMatch(
      /^left with e\d: e\d (is ahead by \d+\.\d points on 30 questions|is believed ahead), which may be chance$/,
    )
    expect(because).toContain(`left with ${experts[0]}`)
  }
})

test('experts that are all alike are hardly ever told apart by task, however many there are', () => {
  let moved = 0
  for (let seed = 1; seed <= 40; seed++) {
    const { ranking, unknown } = fitMap(
      world(
        Array.from({ length: 5 }, () => even(10, 0.5)),
        60,
        seeded(seed),
      ),
    )
    const firsts = new Set(Object.values(ranking).map(({ experts }) => experts[0]))
    if (firsts.size > 1) moved++
    expect(unknown.experts).toHaveLength(5)
  }
  // One map in ten may do so.
  expect(moved).toBeLessThanOrEqual(4)
})

test('one that answers as another does word for word changes nothing', () => {
  const { tasks, outcomes } = world([even(5, 0.6), even(5, 0.55)], 50, seeded(5))
  const [a = new Int8Array(), b = new Int8Array()] = outcomes
  const { ranking } = fitMap({ experts: ['a', 'b', 'twin'], tasks, outcomes: [a, b, a] })
  for (const { experts } of Object.values(ranking)) expect(experts[0]).toBe('a')
})

const table = fc.integer({ min: 1, max: 4 }).chain(experts =>
  fc.array(
    fc.tuple(
      fc.constantFrom('x', 'y', 'z'),
      fc.array(fc.constantFrom(-1, 0, 1), { minLength: experts, maxLength: experts }),
    ),
    {
      minLength: 1,
      maxLength: 40,
    },
  ),
)

test('whatever was measured, every task has all experts once, and the order of the questions does not matter', () => {
  fc.assert(
    fc.property(table, rows => {
      const fitted = (given: typeof rows) => {
        const experts = (given[0]?.[1] ?? []).map((_, e) => `e${e}`)
        const outcomes = experts.map((_, e) => Int8Array.from(given, ([, answers]) => answers[e] ?? -1))
        return fitMap({ experts, tasks: given.map(([task]) => task), outcomes })
      }
      const { ranking, unknown } = fitted(rows)
      const experts = (rows[0]?.[1] ?? []).map((_, e) => `e${e}`)
      expect(Object.keys(ranking)).toEqual([...new Set(rows.map(([task]) => task))].sort())
      for (const { experts: order, because } of [...Object.values(ranking), unknown]) {
        expect([...order].sort()).toEqual(experts)
        expect(because).not.toMatch(/NaN|undefined|Infinity/)
      }
      const turned = fitted([...rows].reverse())
      const firsts = (map: typeof ranking) => Object.values(map).map(({ experts: [first] }) => first)
      expect(firsts(turned.ranking)).toEqual(firsts(ranking))
    }),
    { numRuns: 200 },
  )
})

test('by price, the cheapest expert that is surely not worse by more than allowed comes first', () => {
  const truth = [{ ...even(5, 0.7), hard: 0.8 }, { ...even(5, 0.7), hard: 0.5 }, even(6, 0.2)].map(one => ({
    hard: 0.2,
    ...one,
  }))
  const given = world(truth, 800, seeded(2))
  const prices = new Map([
    ['e0', 10],
    ['e1', 1],
    ['e2', 0.1],
  ])
  const { ranking } = fitMap({ ...given, prices, choose: { by: 'price', within: 5 } })
  expect(ranking.t0?.experts[0]).toBe('e1')
  expect(ranking.t0?.because).toBe('e1 is cheaper than e0, and not worse by more than 5 points')
  expect(ranking.hard?.experts[0]).toBe('e0')
  const strict = fitMap({ ...world(truth, 20, seeded(2)), prices, choose: { by: 'price', within: 1 } })
  expect(strict.ranking.hard?.experts[0]).toBe('e0')
})
