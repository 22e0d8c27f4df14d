import type { Example } from './context.ts'
import { createNearIndex } from './near.ts'

/** A question and what says nearly the same: `first` is kept. */
export type Group = {
  readonly first: Example
  readonly others: readonly { readonly example: Example; readonly similarity: number }[]
  /** One question under several tasks: somebody was wrong. */
  readonly tasks: readonly string[]
}

/** Every row that is near to an earlier one that is kept, with that one. Same rows, same groups. */
export const groupsOf = (examples: readonly Example[], near: number): Group[] => {
  const steps = grouping(examples, near)
  for (;;) {
    const step = steps.next()
    if (step.done) return step.value
  }
}

/** The same in steps of one row, for whoever has something else to do in between. */
export function* grouping(examples: readonly Example[], near: number): Generator<undefined, Group[]> {
  const index = createNearIndex(examples, near)
  const groups = new Map<number, { example: Example; similarity: number }[]>()
  for (const [row, example] of examples.entries()) {
    yield
    const match = index.nearest(row)
    if (match === undefined) index.add(row)
    else {
      const others = groups.get(match.row) ?? []
      groups.set(match.row, others)
      others.push({ example, similarity: match.similarity })
    }
  }
  return [...groups].flatMap(([row, others]) => {
    const first = examples[row]
    if (first === undefined) return []
    return [
      {
        first,
        others,
        tasks: [...new Set([first, ...others.map(({ example }) => example)].map(e => e.task))],
      },
    ]
  })
}
