import type { Model } from '../experts/model.ts'
import { UNKNOWN } from '../knowledge/map.ts'
import type { Snapshot } from '../knowledge/snapshot.ts'
import { thresholdFor } from '../retrieval/calibrate.ts'
import { classify } from '../routing/classify.ts'
import { type DecidedBy, decide, isCertain, wantsClassifier } from '../routing/decide.ts'

/** The allowed errors that a report shows, whatever the map says. */
export const ALLOWED = [0.02, 0.05, 0.1] as const

export type Asked = { readonly text: string; readonly truth: string }

/** What became of one question. */
export type Verdict = {
  readonly truth: string
  readonly task: string
  readonly right: boolean
  readonly confidence: number
  readonly decidedBy: DecidedBy
  /** The nearest examples, by their row in the context. */
  readonly neighbours: readonly number[]
  readonly known: number
  /** The probability of `unknown`, where the context has examples of it. */
  readonly unknown: number
  /** What the neighbours say first, whether or not they are sure enough to decide. */
  readonly first: string
  /** Whether the neighbours alone would decide it at this allowed error. */
  readonly certain: ReadonlyMap<number, boolean>
  readonly tookMs: { readonly encode: number; readonly search: number; readonly decide: number }
}

export type Asking = {
  readonly snapshot: Snapshot
  readonly model: Model | undefined
  onAsked(done: number, total: number): void
  onClassified(outcome: 'answered' | 'unreadable' | 'failed'): void
}

/** With a classifier most of the time is spent waiting; without one, two at a time would only spoil the latencies. */
const AT_ONCE = 16

/** Puts questions to a snapshot the way a request does, and notes what was decided. */
export const ask = async (
  questions: readonly Asked[],
  asking: Asking,
  signal: AbortSignal,
): Promise<Verdict[]> => {
  const { snapshot } = asking
  const snapshots = ALLOWED.map((allowed): [number, Snapshot] => [
    allowed,
    { ...snapshot, threshold: thresholdFor(snapshot.retriever.about.judged, allowed) },
  ])
  const verdicts: Verdict[] = []
  let next = 0
  let done = 0
  const one = async () => {
    for (let at = next++; at < questions.length; at = next++) {
      const asked = questions[at]
      // A signal of its own: many listeners on one look like a leak.
      const left = AbortSignal.any([signal])
      if (asked !== undefined) verdicts[at] = await decideOne(asked, asking, snapshots, left)
      asking.onAsked(++done, questions.length)
    }
  }
  await Promise.all(Array.from({ length: asking.model === undefined ? 1 : AT_ONCE }, one))
  return verdicts
}

const decideOne = async (
  { text, truth }: Asked,
  { snapshot, model, onClassified }: Asking,
  snapshots: readonly [number, Snapshot][],
  signal: AbortSignal,
): Promise<Verdict> => {
  const nearest = await snapshot.retriever.nearest(text, signal)
  const said =
    model !== undefined && wantsClassifier(snapshot, nearest)
      ? await classify(snapshot, model, text, nearest, 1, eventsFor(onClassified), signal)
      : 'nothing'
  const began = performance.now()
  const decision = decide(snapshot, nearest, said)
  const decideMs = performance.now() - began
  return {
    truth,
    task: decision.task,
    right: decision.task === truth,
    confidence: decision.confidence,
    decidedBy: decision.decidedBy,
    neighbours: decision.neighbours.map(({ row }) => row),
    known: nearest.known,
    unknown: nearest.ranking.find(({ task }) => task === UNKNOWN)?.confidence ?? 0,
    first: nearest.ranking[0]?.task ?? UNKNOWN,
    certain: new Map(snapshots.map(([allowed, at]) => [allowed, isCertain(at, nearest)])),
    tookMs: { encode: 0, search: 0, ...nearest.tookMs, decide: decideMs },
  }
}

const nothing = () => undefined

const eventsFor = (onClassified: Asking['onClassified']) => ({
  decided: nothing,
  classified: onClassified,
  expertAnswered: nothing,
  expertFailed: nothing,
  retrievalFailed: nothing,
})
