import type { Model } from '../experts/model.ts'
import { UNKNOWN } from '../knowledge/map.ts'
import type { Snapshot } from '../knowledge/snapshot.ts'
import type { Nearest } from '../retrieval/protocol.ts'
import { thresholdsFor } from '../retrieval/thresholds.ts'
import { classify } from '../routing/classify.ts'
import { type DecidedBy, decide, enoughFor, isCertain, wantsClassifier } from '../routing/decide.ts'

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
  /** By allowed error, the task that the neighbours alone would decide on, where they would. */
  readonly alone: ReadonlyMap<number, string | undefined>
  /** Whether its words alone decided it. */
  readonly byWords: boolean
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
  const thresholds = ALLOWED.map((allowed): [number, Promised] => {
    const { whole, words } = thresholdsFor(snapshot.retriever.about.judged, allowed)
    return [allowed, { threshold: whole, wordsThreshold: words }]
  })
  const verdicts: Verdict[] = []
  let next = 0
  let done = 0
  const one = async () => {
    for (let at = next++; at < questions.length; at = next++) {
      const asked = questions[at]
      // A signal of its own: many listeners on one look like a leak.
      const left = AbortSignal.any([signal])
      if (asked !== undefined) verdicts[at] = await decideOne(asked, asking, thresholds, left)
      asking.onAsked(++done, questions.length)
    }
  }
  await Promise.all(Array.from({ length: asking.model === undefined ? 1 : AT_ONCE }, one))
  return verdicts
}

type Promised = Pick<Snapshot, 'threshold' | 'wordsThreshold'>
type Votes = { readonly words: Nearest; readonly whole: Nearest }

const ANYHOW = { margin: Number.NEGATIVE_INFINITY, known: Number.NEGATIVE_INFINITY }

/** Both votes, since at another allowed error the other one may decide. */
const votesOf = async ({ retriever }: Snapshot, text: string, signal: AbortSignal): Promise<Votes> => {
  const words = await retriever.nearest(text, signal, { enough: ANYHOW })
  return { words, whole: words.byWords ? await retriever.nearest(text, signal) : words }
}

const certainOf = (promised: Promised, { words, whole }: Votes): Nearest | undefined =>
  [words, whole].find(nearest => isCertain(promised, nearest))

/** What serving would have found. */
const servedOf = (snapshot: Snapshot, { words, whole }: Votes): Nearest => {
  if (!words.byWords || enoughFor(snapshot) === undefined) return whole
  if (isCertain(snapshot, words)) return words
  const { encode, search } = { encode: 0, search: 0, ...whole.tookMs }
  return { ...whole, tookMs: { encode, search: search + (words.tookMs?.search ?? 0) } }
}

const decideOne = async (
  { text, truth }: Asked,
  { snapshot, model, onClassified }: Asking,
  thresholds: readonly [number, Promised][],
  signal: AbortSignal,
): Promise<Verdict> => {
  const votes = await votesOf(snapshot, text, signal)
  const nearest = servedOf(snapshot, votes)
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
    neighbours: nearest.neighbours().map(({ row }) => row),
    known: nearest.known,
    unknown: nearest.ranking().find(({ task }) => task === UNKNOWN)?.confidence ?? 0,
    first: nearest.ranking()[0]?.task ?? UNKNOWN,
    alone: new Map(thresholds.map(([allowed, at]) => [allowed, certainOf(at, votes)?.ranking()[0]?.task])),
    byWords: nearest.byWords === true,
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
