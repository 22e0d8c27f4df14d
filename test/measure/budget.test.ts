import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Budget, createBudget } from '../../src/measure/budget.ts'
import { fitMap } from '../../src/measure/fit.ts'
import { seeded } from '../../src/measure/random.ts'

const tasks = ['build', 'deploy', 'operate', 'secure']
const tasksOfQuestions = Array.from({ length: 800 }, (_, row) => tasks[row % 4] ?? '')
const experts = ['good', 'builder', 'poor']
const accuracy = (expert: string, task: string) =>
  expert === 'poor' ? 0.1 : expert === 'builder' ? (task === 'build' ? 0.8 : 0.3) : 0.6
const random = seeded(5)
const outcomes = experts.map(expert =>
  Int8Array.from(tasksOfQuestions, task => Number(random() < accuracy(expert, task))),
)
const answerTo = (question: number, expert: string) => outcomes[experts.indexOf(expert)]?.[question] === 1

/** Asks until nothing is wanted, or so many answers came. */
const spend = (budget: Budget, most = Number.POSITIVE_INFINITY) => {
  const asked: string[] = []
  for (let ask = budget.next(); ask !== undefined; ask = budget.next()) {
    budget.tell(ask.question, ask.expert, answerTo(ask.question, ask.expert))
    asked.push(`${ask.question} ${ask.expert}`)
    if (asked.length >= most) break
  }
  return asked
}
const options = (calls: number) => ({ experts, tasksOfQuestions, calls, seed: 1 })

test('no more calls are made than allowed, and none twice', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 700 }), calls => {
      const asked = spend(createBudget(options(calls)))
      expect(asked).toHaveLength(calls)
      expect(new Set(asked).size).toBe(calls)
    }),
    { numRuns: 15 },
  )
})

test('with more calls than questions everything is asked that can change anything, and then it ends', () => {
  const few = { experts: ['a', 'b'], tasksOfQuestions: ['x', 'x', 'y'], calls: 100, seed: 1 }
  const budget = createBudget(few)
  const asked = new Set<string>()
  for (let ask = budget.next(); ask !== undefined; ask = budget.next()) {
    asked.add(`${ask.question} ${ask.expert}`)
    budget.tell(ask.question, ask.expert, ask.question === 0)
  }
  expect(asked.size).toBe(6)
})

test('a fraction of the calls gives the map of all, and little goes to an expert that is behind everywhere', () => {
  const known = outcomes.map(column => new Int8Array(column.length).fill(-1))
  const byExpert = new Map<string, number>()
  for (const ask of spend(createBudget(options(600)))) {
    const [question, expert = ''] = ask.split(' ')
    const e = experts.indexOf(expert)
    const column = known[e]
    if (column !== undefined) column[Number(question)] = outcomes[e]?.[Number(question)] ?? -1
    byExpert.set(expert, (byExpert.get(expert) ?? 0) + 1)
  }
  const firsts = (of: readonly Int8Array[]) =>
    Object.values(fitMap({ experts, tasks: tasksOfQuestions, outcomes: of }).ranking).map(
      ({ experts: [first] }) => first,
    )
  expect(firsts(known)).toEqual(firsts(outcomes))
  expect(firsts(known)).toEqual(['builder', 'good', 'good', 'good'])
  expect(byExpert.get('poor')).toBeLessThan(150)
})

test('a run that was interrupted goes on as it would have, whatever order its answers are told in', () => {
  const whole = spend(createBudget(options(400)))
  const before = whole.slice(0, 250)
  const resumed = createBudget(options(400))
  for (const ask of [...before].reverse()) {
    const [question, expert = ''] = ask.split(' ')
    resumed.tell(Number(question), expert, answerTo(Number(question), expert))
  }
  const after = spend(resumed)
  expect(after).toHaveLength(150)
  expect(new Set([...before, ...after]).size).toBe(400)
  const again = createBudget(options(400))
  for (const ask of before) {
    const [question, expert = ''] = ask.split(' ')
    again.tell(Number(question), expert, answerTo(Number(question), expert))
  }
  expect(spend(again)).toEqual(after)
})

test('many can be asked for before the first is answered, and what is never answered does not hold up the rest', () => {
  const budget = createBudget(options(300))
  const asked = Array.from({ length: 300 }, () => budget.next())
  expect(asked.every(ask => ask !== undefined)).toBe(true)
  expect(budget.next()).toBeUndefined()
})

test('an answer to what is not there is refused', () => {
  expect(() => createBudget(options(10)).tell(0, 'ghost', true)).toThrow('no expert "ghost"')
  expect(() => createBudget(options(10)).tell(9_999, 'good', true)).toThrow('no question 9999')
})
