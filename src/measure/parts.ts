import type { Example } from '../knowledge/context.ts'
import { asAsked } from '../retrieval/text.ts'
import { seeded, shuffled } from './random.ts'

/** One measurement: what is known, and what is asked. */
export type Part = {
  readonly name: string
  readonly context: readonly Example[]
  readonly questions: readonly Example[]
}

const FOLDS = 5

/** The rows' own folds where every row has one, else seeded ones in which each task has its share. */
export const foldsOf = (examples: readonly Example[], seed: number): Part[] => {
  const foldOf = examples.every(({ fold }) => fold !== undefined)
    ? (example: Example) => example.fold
    : dealt(examples, seed)
  return Array.from({ length: FOLDS }, (_, fold) => ({
    name: `fold ${fold}`,
    context: examples.filter(example => foldOf(example) !== fold),
    questions: examples.filter(example => foldOf(example) === fold),
  }))
}

/** Dealt out task by task. The same text said twice stays together, or it would be found by its twin. */
const dealt = (examples: readonly Example[], seed: number) => {
  const random = seeded(seed)
  const foldOf = new Map<string, number>()
  let next = 0
  for (const group of byTask(examples).values()) {
    for (const example of shuffled(group, random)) {
      const text = sameText(example)
      if (!foldOf.has(text)) foldOf.set(text, next++ % FOLDS)
    }
  }
  return (example: Example) => foldOf.get(sameText(example))
}

/** So many examples of each task as context, all others as questions; drawn again and again. */
export const drawsOf = (examples: readonly Example[], share: number, draws: number, seed: number): Part[] =>
  Array.from({ length: draws }, (_, draw) => {
    const random = seeded(seed * 1_000_003 + draw)
    const context = [...byTask(examples).values()].flatMap(group => shuffled(group, random).slice(0, share))
    const known = new Set(context.map(sameText))
    const questions = examples.filter(example => !known.has(sameText(example)))
    return { name: `draw ${draw + 1}`, context, questions }
  })

const byTask = (examples: readonly Example[]): Map<string, Example[]> => {
  const tasks = new Map<string, Example[]>()
  for (const example of examples) {
    const group = tasks.get(example.task)
    if (group === undefined) tasks.set(example.task, [example])
    else group.push(example)
  }
  return tasks
}

const sameText = (example: Example) => asAsked(example).toLowerCase().replace(/\s+/g, ' ').trim()
