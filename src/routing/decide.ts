import { UNKNOWN } from '../knowledge/map.ts'
import type { Snapshot } from '../knowledge/snapshot.ts'
import type { Enough, Nearest } from '../retrieval/protocol.ts'
import { expertsFor } from './order.ts'

export type DecidedBy = 'pinned' | 'neighbours' | 'classifier' | 'fallback'

/** The record of one routing: what is logged, measured, shown and answered from. */
export type Decision = Readonly<{
  task: string
  /** Experts in the order in which they are tried. */
  experts: readonly string[]
  decidedBy: DecidedBy
  /** How sure it is that the task is right, 0 to 1. */
  confidence: number
  /** What it was made from. */
  nearest: Nearest
  snapshot: string
  /** Of the context that the neighbours are from. */
  context: string
}>

/** Without a classifier's word the neighbours' task still counts if it is at least this likely. */
export const LOWER_BAR = 0.25

/**
 * A question less familiar than all but this share of the context's own is like nothing that the promise was measured
 * on: the neighbours do not decide it alone.
 */
export const STRANGE = 0.02

/** Stranger still, and without a classifier, it fits no task: so few of the context's own questions are lost by it. */
export const ALIEN = 0.005

/** What the classifier said; nothing, since it was not asked; or that it was asked in vain. */
export type Said = { readonly task: string } | 'nothing' | 'in vain'

/** Certain enough, by the map's allowed error, to let the neighbours decide alone. */
export const isCertain = (
  { threshold, wordsThreshold }: Pick<Snapshot, 'threshold' | 'wordsThreshold'>,
  { byWords, margin, known }: Nearest,
): boolean => {
  const from = byWords === true ? wordsThreshold : threshold
  return from !== undefined && margin >= from && known >= STRANGE
}

/** What words must reach to decide without the encoder. A classifier that is always asked is shown the true neighbours. */
export const enoughFor = ({ map, wordsThreshold }: Snapshot): Enough | undefined =>
  wordsThreshold === undefined || map.classifier?.use === 'always'
    ? undefined
    : { margin: wordsThreshold, known: STRANGE }

/** Whether a snapshot may judge by what was found for another one: where words are not enough for it, they say nothing. */
export const isUsable = (snapshot: Snapshot, nearest: Nearest): boolean =>
  nearest.byWords !== true || (enoughFor(snapshot) !== undefined && isCertain(snapshot, nearest))

export const wantsClassifier = (snapshot: Snapshot, nearest: Nearest): boolean => {
  const use = snapshot.map.classifier?.use ?? 'never'
  return use === 'always' || (use === 'when-unsure' && !isCertain(snapshot, nearest))
}

/** Pure: no network, no clock. Serving and every measurement call this one function. */
export const decide = (snapshot: Snapshot, nearest: Nearest, said: Said): Decision => {
  const ranking = nearest.ranking()
  const [best] = ranking
  const record = (task: string, decidedBy: DecidedBy, confidence: number): Decision => ({
    task,
    experts: expertsFor(snapshot.map, task),
    decidedBy,
    confidence: Math.round(confidence * 1e4) / 1e4,
    nearest,
    snapshot: snapshot.version,
    context: snapshot.context,
  })
  if (typeof said === 'object') {
    return record(said.task, 'classifier', confidenceIn(said.task, ranking))
  }
  // A map that always asks wanted more than the neighbours' word: theirs is then a fallback, and not remembered.
  if (said === 'nothing' && best !== undefined && isCertain(snapshot, nearest)) {
    return record(best.task, 'neighbours', best.confidence)
  }
  if (best !== undefined && best.confidence >= LOWER_BAR && nearest.known >= ALIEN) {
    return record(best.task, 'fallback', best.confidence)
  }
  return record(UNKNOWN, 'fallback', confidenceIn(UNKNOWN, ranking))
}

const confidenceIn = (task: string, ranking: ReturnType<Nearest['ranking']>) =>
  ranking.find(ranked => ranked.task === task)?.confidence ?? 0

/** Neighbours of a question that was not looked at, or in vain. */
export const nothingFound: Nearest = { neighbours: () => [], ranking: () => [], margin: 0, known: 0 }

const notAsked: Nearest = { ...nothingFound, known: 1 }

/** The client named the task or the expert itself: nothing is left to decide. */
export const pinned = (snapshot: Snapshot, task: string, experts: readonly string[]): Decision => ({
  task,
  experts,
  decidedBy: 'pinned',
  confidence: 1,
  nearest: notAsked,
  snapshot: snapshot.version,
  context: snapshot.context,
})
