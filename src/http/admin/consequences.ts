import type { Snapshot } from '../../knowledge/snapshot.ts'
import type { Decisions } from '../../observe/decisions.ts'
import { differenceOf } from '../../swaps/difference.ts'
import { redecide } from '../../swaps/redecide.ts'

export type Decided = Pick<Decisions, 'latest'>

/** What another snapshot changes: names, accuracy on the context, and where the last requests would have gone. */
export const consequencesOf = async (
  decisions: Decided,
  before: Snapshot,
  after: Snapshot,
  budgetMs?: number,
) => {
  const made = decisions.latest({ limit: Infinity }).decisions
  const [was, is] = [accuracyOf(before), accuracyOf(after)]
  return {
    changes: differenceOf(before, after),
    accuracy: was === null || is === null ? null : { before: was, after: is },
    decisions: await redecide(made, before, after, budgetMs === undefined ? {} : { budgetMs }),
  }
}

/** Of the context's own examples, judged as if they were new: the share that the neighbours decide right. */
const accuracyOf = ({ retriever }: Snapshot): number | null => {
  const { judged } = retriever.about
  if (judged.length === 0) return null
  return Math.round((1e4 * judged.filter(({ right }) => right).length) / judged.length) / 1e4
}
