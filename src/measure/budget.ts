import { seeded, seedOf, shuffled } from './random.ts'
import { worthOf } from './statistics/worth.ts'

export type Ask = { readonly question: number; readonly expert: string }

export type Budget = {
  /** What to ask next; undefined when the calls are spent or everything was asked. */
  next(): Ask | undefined
  /** What came of it. Also of calls of an earlier run: they count as spent, and are not asked again. */
  tell(question: number, expert: string, right: boolean): void
}

export type BudgetOptions = {
  readonly experts: readonly string[]
  readonly tasksOfQuestions: readonly string[]
  /** How many answers may be asked for, those of an earlier run included. */
  readonly calls: number
  readonly seed: number
}

/** Everybody is asked so many questions of each task first; a part of small budgets, so that something is left to choose. */
const FIRST = 20
const FIRST_SHARE = 0.4
/** Calls that are planned at once: fewer would follow the answers closer, and wait for them longer. */
const ROUNDS = 30

/**
 * Which answers to pay for. First a few of every expert on every task, then, round after round, where an answer is most
 * likely to change who is best (see `worth.ts`). All experts meet a task's questions in one order, so that those who are
 * compared have answered the same ones. What comes next follows from what was told and is being asked, nothing else: an
 * interrupted run that tells what it has goes on as it would have.
 */
export const createBudget = ({ experts, tasksOfQuestions, calls, seed }: BudgetOptions): Budget => {
  const questionsOf = orderOf(tasksOfQuestions, seed)
  const outcomes = experts.map(() => new Int8Array(tasksOfQuestions.length).fill(-1))
  const asked = experts.map(() => new Uint8Array(tasksOfQuestions.length))
  const placeOf = new Map(experts.map((expert, place) => [expert, place]))
  const pairs = questionsOf.size * experts.length
  const first = Math.max(1, Math.min(FIRST, Math.floor((FIRST_SHARE * calls) / (pairs || 1))))
  const queue: [question: number, expert: number][] = []
  let spent = 0

  const isAsked = (question: number, expert: number) => asked[expert]?.[question] === 1
  const note = (question: number, expert: number) => {
    const column = asked[expert]
    if (column === undefined || isAsked(question, expert)) return
    column[question] = 1
    spent++
  }
  /** The next questions of a task that an expert was not asked, in the task's order. */
  const open = (task: string, expert: number, count: number) =>
    (questionsOf.get(task) ?? []).filter(question => !isAsked(question, expert)).slice(0, count)

  const planFirst = () => {
    for (let layer = 0; layer < first; layer++) {
      for (const questions of questionsOf.values()) {
        const question = questions[layer]
        if (question !== undefined) for (const expert of experts.keys()) queue.push([question, expert])
      }
    }
  }
  const planRound = () => {
    const size = Math.max(pairs > 0 ? 10 : 0, Math.ceil(calls / ROUNDS))
    const wanted = worthOf({ tasks: tasksOfQuestions, outcomes, asked, calls: Math.min(size, calls - spent) })
    for (const { task, expert, count } of wanted) {
      for (const question of open(task, expert, count)) queue.push([question, expert])
    }
  }

  const fromQueue = () => {
    let item = queue.shift()
    while (item !== undefined && isAsked(...item)) item = queue.shift()
    return item
  }

  return {
    next() {
      if (spent >= calls) return undefined
      let item = fromQueue()
      for (const plan of [planFirst, planRound]) {
        if (item !== undefined) break
        plan()
        item = fromQueue()
      }
      if (item === undefined) return undefined
      note(...item)
      return { question: item[0], expert: experts[item[1]] ?? '' }
    },
    tell(question, expert, right) {
      const place = placeOf.get(expert)
      const column = place === undefined ? undefined : outcomes[place]
      if (place === undefined || column === undefined || question >= column.length) {
        throw new Error(`There is no question ${question} or no expert "${expert}" in this budget.`)
      }
      note(question, place)
      column[question] = right ? 1 : 0
    },
  }
}

/** Each task's questions in an order of chance, the tasks in the order of their names. */
const orderOf = (tasks: readonly string[], seed: number): Map<string, readonly number[]> => {
  const byTask = new Map<string, number[]>()
  tasks.forEach((task, question) => {
    const questions = byTask.get(task) ?? []
    byTask.set(task, questions)
    questions.push(question)
  })
  return new Map(
    [...byTask]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([task, questions]) => [task, shuffled(questions, seeded(seedOf(task, seed)))]),
  )
}
