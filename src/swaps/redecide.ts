import { setImmediate as nextTurn } from 'node:timers/promises'
import { UNKNOWN } from '../knowledge/map.ts'
import type { Snapshot } from '../knowledge/snapshot.ts'
import type { Nearest } from '../retrieval/protocol.ts'
import { type Decision, decide, enoughFor, isUsable, type Said, wantsClassifier } from '../routing/decide.ts'
import { expertsFor } from '../routing/order.ts'

/** A decision that was made, and of its question what is known. */
export type Made = {
  readonly decision: Decision
  readonly question: string | undefined
  readonly questionHash: string
}

type Way = { readonly task: string; readonly expert: string | null }

export type Moves = {
  /** Decisions that could be made again. */
  readonly looked: number
  readonly moved: number
  /** Those for which the classifier would have to be asked: nobody knows what it would say. */
  readonly unsure: number
  readonly examples: readonly {
    readonly question?: string
    readonly questionHash: string
    readonly from: Way
    readonly to: Way
  }[]
}

const EXAMPLES = 50
/** So long at most on the event loop before others have their turn. */
const SLICE_MS = 4

/**
 * Which of the decisions made would be others by another snapshot than by the one served now. On the context that it
 * was made on a decision holds all that deciding needs; on another one its question has to be asked again, and is, as
 * far as it was kept and time allows.
 */
export const redecide = async (
  made: readonly Made[],
  current: Snapshot,
  next: Snapshot,
  { budgetMs = 4_000, now = () => performance.now() } = {},
): Promise<Moves> => {
  const until = now() + budgetMs
  const signal = AbortSignal.timeout(budgetMs)
  const examples: Moves['examples'][number][] = []
  let [looked, moved, unsure] = [0, 0, 0]
  let since = now()
  for (const one of made) {
    if (now() - since > SLICE_MS) {
      await nextTurn()
      since = now()
    }
    if (since > until) break
    const ways = waysKnown(one, current, next) ?? (await waysAsked(one, current, next, signal))
    if (ways === 'unknown') continue
    if (ways === 'unsure') {
      unsure++
      continue
    }
    looked++
    const { from, to } = ways
    if (from.task === to.task && from.expert === to.expert) continue
    moved++
    if (examples.length < EXAMPLES) examples.push({ ...questionOf(one), from, to })
  }
  return { looked, moved, unsure, examples }
}

const questionOf = ({ question, questionHash }: Made) =>
  question === undefined ? { questionHash } : { question, questionHash }

type Ways = { readonly from: Way; readonly to: Way } | 'unsure'

/** Without asking anybody, where both snapshots are of the context that it was made on. */
const waysKnown = ({ decision }: Made, current: Snapshot, next: Snapshot): Ways | undefined => {
  if (decision.decidedBy === 'pinned')
    return { from: pinnedWay(decision, current), to: pinnedWay(decision, next) }
  const { context, nearest } = decision
  const usable = (snapshot: Snapshot) => isUsable(snapshot, nearest)
  return context === current.context && context === next.context && usable(current) && usable(next)
    ? waysBy(decision, { current, next }, { before: nearest, after: nearest })
    : undefined
}

const waysAsked = async (
  { decision, question }: Made,
  current: Snapshot,
  next: Snapshot,
  signal: AbortSignal,
): Promise<Ways | 'unknown'> => {
  const nearest = async (snapshot: Snapshot) => {
    if (snapshot.context === decision.context && isUsable(snapshot, decision.nearest)) return decision.nearest
    if (question === undefined) return undefined
    return await snapshot.retriever.nearest(question, signal, { enough: enoughFor(snapshot) })
  }
  try {
    const [before, after] = [await nearest(current), await nearest(next)]
    if (before === undefined || after === undefined) return 'unknown'
    return waysBy(decision, { current, next }, { before, after })
  } catch {
    // Out of time, or the workers have too much to do: requests go first.
    return 'unknown'
  }
}

const waysBy = (
  made: Decision,
  { current, next }: { current: Snapshot; next: Snapshot },
  { before, after }: { before: Nearest; after: Nearest },
): Ways => {
  const [from, to] = [wayBy(made, current, current, before), wayBy(made, next, current, after)]
  return from === undefined || to === undefined ? 'unsure' : { from, to }
}

/** What a snapshot makes of it, if that can be told without a classifier's word that was never given. */
const wayBy = (made: Decision, snapshot: Snapshot, current: Snapshot, nearest: Nearest): Way | undefined => {
  const said = saidAgain(made, snapshot, current, nearest)
  if (said === undefined) return undefined
  const { task, experts } = decide(snapshot, nearest, said)
  return { task, expert: experts[0] ?? null }
}

const saidAgain = (
  made: Decision,
  snapshot: Snapshot,
  current: Snapshot,
  nearest: Nearest,
): Said | undefined => {
  if (!wantsClassifier(snapshot, nearest)) return 'nothing'
  const { task, decidedBy } = made
  if (decidedBy === 'classifier')
    return task === UNKNOWN || snapshot.map.tasks.has(task) ? { task } : 'in vain'
  return decidedBy === 'fallback' && wantsClassifier(current, nearest) ? 'in vain' : undefined
}

/** The client's own choice: of a task, or of one expert, who may both be gone. */
const pinnedWay = ({ task, experts }: Decision, { map }: Snapshot): Way => {
  const [only] = experts
  if (task === UNKNOWN && experts.length === 1 && only !== undefined)
    return { task, expert: map.experts.has(only) ? only : null }
  const isThere = task === UNKNOWN || map.tasks.has(task)
  return { task, expert: isThere ? (expertsFor(map, task)[0] ?? null) : null }
}
