import { createDraw, type Draw } from './draw.ts'
import type { Part } from './expert-run.ts'
import type { Lane } from './lane.ts'
import type { Job } from './lane-state.ts'
import type { Reply } from './measurement.ts'
import type { RankPlan } from './rank-plan.ts'
import { verdictOf } from './verdict.ts'

/** Chosen so far ahead for each expert that its places are not empty while an answer is on its way. */
const AHEAD = 8

export const drawFor = (
  parts: readonly Part[],
  lanes: ReadonlyMap<string, Lane>,
  { plan, replies }: { readonly plan: RankPlan; readonly replies: ReadonlyMap<string, Reply> },
): Draw | undefined => {
  const { questions, budget } = plan
  if (budget === undefined) return undefined
  const partOf = new Map(parts.map(part => [part.id, part]))
  const jobOf = (expert: string, row: number): Job => {
    const question = questions[row]
    const key = question && partOf.get(expert)?.keyOf.get(question)
    if (question === undefined || key === undefined)
      throw new Error(`There is no question ${row} for "${expert}".`)
    return { key, question }
  }
  const wasRight = (expert: string, row: number) => {
    const { key, question } = jobOf(expert, row)
    const reply = replies.get(key)
    return reply === undefined ? undefined : verdictOf(question, reply.text) === 'right'
  }
  return createDraw({
    lanes,
    jobOf,
    wasRight,
    atOnce: AHEAD * parts.length,
    sourceOf(experts) {
      // What others have said, before they were lost, is spent.
      const others = parts.filter(({ id }) => !experts.includes(id))
      const spent = others.flatMap(({ id }) =>
        [...questions.keys()].filter(row => wasRight(id, row) !== undefined),
      )
      const source = budget.sourceFor(experts, Math.max(0, budget.calls - spent.length))
      for (const expert of experts) {
        for (const row of questions.keys()) {
          const right = wasRight(expert, row)
          if (right !== undefined) source.tell(row, expert, right)
        }
      }
      return source
    },
  })
}
