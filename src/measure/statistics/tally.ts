import { add, at, type Matrix } from './matrix.ts'

/** Outcomes by expert (row) and question: 1 right, 0 wrong, -1 not asked. */
export type Outcomes = readonly Int8Array[]

/** Questions of one task that the same experts were asked. */
export type Pattern = { readonly asked: readonly number[]; n: number; readonly right: Float64Array }

/** What the outcomes of one task come down to. */
export type Tally = {
  readonly task: string
  /** All questions of the task, asked or not: what it weighs. */
  questions: number
  /** By expert. */
  readonly n: Float64Array
  readonly right: Float64Array
  readonly patterns: Map<number | string, Pattern>
  /** By pair of experts, over the questions that both were asked: how many, right by the first, right by both. */
  readonly both: Matrix
  readonly rightOfFirst: Matrix
  readonly rightOfBoth: Matrix
}

const emptyTally = (task: string, experts: number): Tally => ({
  task,
  questions: 0,
  n: new Float64Array(experts),
  right: new Float64Array(experts),
  patterns: new Map(),
  both: new Float64Array(experts * experts),
  rightOfFirst: new Float64Array(experts * experts),
  rightOfBoth: new Float64Array(experts * experts),
})

/** Task after task in the order of their names. */
export const tallyOf = (tasks: readonly string[], outcomes: Outcomes): Tally[] => {
  const tallies = new Map<string, Tally>()
  const answers = new Int8Array(outcomes.length)
  tasks.forEach((task, question) => {
    const tally = tallies.get(task) ?? emptyTally(task, outcomes.length)
    tallies.set(task, tally)
    for (let e = 0; e < outcomes.length; e++) answers[e] = outcomes[e]?.[question] ?? -1
    count(tally, answers)
  })
  return [...tallies.values()].sort((a, b) => (a.task < b.task ? -1 : 1))
}

const count = (tally: Tally, answers: Int8Array) => {
  tally.questions++
  const pattern = patternFor(tally, answers)
  pattern.n++
  for (const e of pattern.asked) {
    add(tally.n, e, 1)
    if (answers[e] === 1) {
      add(tally.right, e, 1)
      add(pattern.right, e, 1)
    }
    countPairs(tally, answers, pattern.asked, e)
  }
}

const countPairs = (tally: Tally, answers: Int8Array, asked: readonly number[], e: number) => {
  const row = e * answers.length
  for (const other of asked) {
    add(tally.both, row + other, 1)
    if (answers[e] !== 1) continue
    add(tally.rightOfFirst, row + other, 1)
    if (answers[other] === 1) add(tally.rightOfBoth, row + other, 1)
  }
}

const patternFor = ({ patterns }: Tally, answers: Int8Array): Pattern => {
  const key = keyOf(answers)
  const known = patterns.get(key)
  if (known !== undefined) return known
  const asked = Array.from(answers.keys()).filter(e => at(answers, e) >= 0)
  const pattern = { asked, n: 0, right: new Float64Array(answers.length) }
  patterns.set(key, pattern)
  return pattern
}

/** Who was asked, bit by bit; as a text where a number has too few of them. */
const keyOf = (answers: Int8Array): number | string => {
  if (answers.length > 50) return answers.map(answer => (answer < 0 ? 0 : 1)).join('')
  let key = 0
  for (let e = 0; e < answers.length; e++) key = key * 2 + (at(answers, e) < 0 ? 0 : 1)
  return key
}
