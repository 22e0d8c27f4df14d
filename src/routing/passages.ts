import type { Passage } from '../experts/expert.ts'
import type { Snapshot } from '../knowledge/snapshot.ts'
import type { Nearest } from '../retrieval/protocol.ts'
import type { Decision } from './decide.ts'
import { createMemories } from './remember.ts'

/** Only the built-in expert wants them, and each takes a few hundred bytes. */
const MOST = 1_000

/** What the context itself replies to the nearest questions. */
export const createPassages = () => {
  const memoryOf = createMemories<Snapshot, Nearest>(MOST, () => true)
  return async (
    snapshot: Snapshot,
    decision: Decision,
    text: string,
    signal: AbortSignal,
  ): Promise<Passage[]> => {
    if (!isBlind(decision)) return passagesFrom(decision.nearest, snapshot, decision)
    const look = (inner: AbortSignal) => snapshot.retriever.nearest(text, inner)
    const { value } = await memoryOf(snapshot).get(text, look, signal)
    return passagesFrom(value, snapshot, decision)
  }
}

/** A pinned request has no neighbours yet, and one that was decided by its words only those. */
const isBlind = ({ decidedBy, nearest }: Decision) => decidedBy === 'pinned' || nearest.byWords === true

const passagesFrom = ({ neighbours }: Nearest, { examples }: Snapshot, decision: Decision): Passage[] =>
  neighbours().flatMap(({ row, similarity }): Passage[] => {
    const example = examples[row]
    if (example?.reply === undefined) return []
    if (decision.decidedBy !== 'pinned' && example.task !== decision.task) return []
    const { question, task, reply } = example
    return [{ question, task, similarity, text: reply.text, source: reply.runbook ?? sourceOf(example.at) }]
  })

/** The example's place without the folder that it happens to lie in on this machine. */
const sourceOf = (at: string) => at.slice(Math.max(at.lastIndexOf('/'), at.lastIndexOf('\\')) + 1)
