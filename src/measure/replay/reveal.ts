import { createBudget } from '../budget.ts'
import { seeded, seedOf, shuffled } from '../random.ts'
import type { Field, Fold } from './field.ts'

/** How much of the training outcomes a map is fitted on. */
export type Reveal = (field: Field, fold: Fold) => Int8Array[]

export const everything: Reveal = ({ outcomes }, { train }) =>
  outcomes.map(column => Int8Array.from(train, row => column[row] ?? -1))

/** So many questions of each task, the same for every expert. */
export const perTask =
  (count: number, seed: number): Reveal =>
  (field, fold) => {
    const drawn = drawPerTask(field, fold, count, seed)
    return everything(field, fold).map(column => column.map((outcome, at) => (drawn.has(at) ? outcome : -1)))
  }

/** One expert joins: of it so many questions a task are known, of the others everything. */
export const joining =
  (expert: string, count: number, seed: number): Reveal =>
  (field, fold) => {
    const drawn = drawPerTask(field, fold, count, seed)
    return everything(field, fold).map((column, e) =>
      field.experts[e] === expert ? column.map((outcome, at) => (drawn.has(at) ? outcome : -1)) : column,
    )
  }

/** A share of all calls, spent where they are worth most. */
export const budgeted =
  (share: number, seed: number): Reveal =>
  (field, fold) => {
    const all = everything(field, fold)
    const tasks = tasksOf(field, fold)
    const budget = createBudget({
      experts: field.experts,
      tasksOfQuestions: tasks,
      calls: Math.round(share * tasks.length * field.experts.length),
      seed,
    })
    const known = all.map(column => new Int8Array(column.length).fill(-1))
    for (let ask = budget.next(); ask !== undefined; ask = budget.next()) {
      const e = field.experts.indexOf(ask.expert)
      const outcome = all[e]?.[ask.question] ?? -1
      const column = known[e]
      if (column !== undefined) column[ask.question] = outcome
      budget.tell(ask.question, ask.expert, outcome === 1)
    }
    return known
  }

const tasksOf = (field: Field, { train }: Fold) => train.map(row => field.questions[row]?.truth ?? '')

/** Places in the training questions. */
const drawPerTask = (field: Field, fold: Fold, count: number, seed: number): Set<number> => {
  const random = seeded(seedOf(String(fold.train.length), seed))
  const seen = new Map<string, number>()
  const tasks = tasksOf(field, fold)
  return new Set(
    shuffled([...tasks.keys()], random).filter(at => {
      const task = tasks[at] ?? ''
      seen.set(task, (seen.get(task) ?? 0) + 1)
      return (seen.get(task) ?? 0) <= count
    }),
  )
}

/** What was revealed of a fold is worked out once. */
export const once = (reveal: Reveal): Reveal => {
  const known = new Map<Fold, Int8Array[]>()
  return (field, fold) => {
    const before = known.get(fold) ?? reveal(field, fold)
    known.set(fold, before)
    return before
  }
}
