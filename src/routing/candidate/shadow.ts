import { setImmediate as nextTurn, setTimeout as wait } from 'node:timers/promises'
import type { Live } from '../../knowledge/live.ts'
import type { Snapshot } from '../../knowledge/snapshot.ts'
import { within } from '../allowed.ts'
import { type Decision, decide, isUsable } from '../decide.ts'
import type { Events } from '../events.ts'
import { createPipeline, type Question } from '../pipeline.ts'
import type { Serving } from '../serving.ts'
import type { About, Differences, Way } from './differences.ts'

/** A question that what is served has decided, its answer being under way. */
export type Seen = {
  readonly requestId: string
  readonly question: Question
  readonly questionHash: string
  readonly decision: Decision
  /** What it was decided by. */
  readonly snapshot: Snapshot
}

export type Shadow = { see(seen: Seen): void; close(): void }

export type ShadowOptions = {
  readonly live: Live<Serving>
  readonly differences: () => Differences
  /** Whether the candidate's classifier may be called, which costs what it costs. */
  readonly classifier: () => boolean
  readonly withQuestions: boolean
  readonly limit?: number
  readonly now?: () => number
}

/** Questions of live traffic wait for nobody in the shadow; it looks again after so long. */
const STAND_BACK_MS = 10
const WAITING = 200
const REMEMBERED = 1_000

/** Decides by the candidate what was decided already, one question at a time and only while nothing else waits. */
export const createShadow = ({ limit = WAITING, now = Date.now, ...options }: ShadowOptions): Shadow => {
  const { live, differences, withQuestions } = options
  const waiting: Seen[] = []
  const ended = new AbortController()
  const { signal } = ended
  let running = false
  let lost = false
  const retrievalFailed = () => {
    lost = true
  }
  const pipeline = createPipeline({ ...silent, retrievalFailed }, REMEMBERED)

  /** Of the same examples the neighbours are known already, and nothing is searched a second time. */
  const decideAlso = async (serving: Serving, seen: Seen): Promise<Decision> => {
    const { snapshot } = serving
    if (
      snapshot.retriever === seen.snapshot.retriever &&
      !options.classifier() &&
      isUsable(snapshot, seen.decision.nearest)
    ) {
      return allowedOf(seen, decide(snapshot, seen.decision.nearest, 'nothing'))
    }
    while (others(serving, seen) > 0) await wait(STAND_BACK_MS, undefined, { signal, ref: false })
    return (await pipeline.route(quiet(serving, options.classifier()), seen.question, signal)).decision
  }
  const look = (seen: Seen) =>
    live.use(async serving => {
      const counted = differences()
      lost = false
      const to = await decideAlso(serving, seen)
      if (lost || hadNoNeighbours(seen)) return counted.missed()
      const needsClassifier = !options.classifier() && wouldAsk(serving, to)
      const from = needsClassifier ? byNeighbours(seen) : seen.decision
      const about = aboutOf(seen, withQuestions)
      const { requestId } = seen
      counted.add({ at: now(), requestId, from: wayOf(from), to: wayOf(to), needsClassifier, about })
    })
  const run = async () => {
    for (let seen = waiting.shift(); seen !== undefined; seen = waiting.shift()) {
      await nextTurn()
      await look(seen).catch(() => {
        if (!signal.aborted) differences().missed()
      })
    }
    running = false
  }
  return {
    see(seen) {
      if (signal.aborted) return
      if (waiting.length >= limit) return differences().missed()
      waiting.push(seen)
      if (running) return
      running = true
      void run()
    },
    close() {
      waiting.length = 0
      ended.abort()
    },
  }
}

/** Nobody hears of what is decided in the shadow: metrics and log are of what clients were told. */
const silent: Events = {
  decided: () => undefined,
  classified: () => undefined,
  expertAnswered: () => undefined,
  expertFailed: () => undefined,
  retrievalFailed: () => undefined,
}

const quiet = ({ snapshot, crew, release }: Serving, classifier: boolean): Serving => ({
  snapshot,
  crew: classifier ? crew : { ...crew, classifier: undefined },
  release,
})

/** Questions of clients that wait to be encoded; the two maps may have workers of their own, but not cores. */
const others = (serving: Serving, { snapshot }: Seen) =>
  serving.snapshot.retriever.queued() + snapshot.retriever.queued()

/** Retrieval failed for what was served: whatever differs says nothing about the maps. */
const hadNoNeighbours = ({ question, decision }: Seen) =>
  question.text !== '' && decision.nearest.ranking().length === 0

const wouldAsk = ({ snapshot, crew }: Serving, { decidedBy }: Decision) =>
  crew.classifier !== undefined &&
  (snapshot.map.classifier?.use === 'always' ||
    (snapshot.map.classifier?.use === 'when-unsure' && decidedBy === 'fallback'))

/** What was served, without the word of a classifier: like is compared with like. */
const byNeighbours = (seen: Seen): Decision =>
  allowedOf(seen, decide(seen.snapshot, seen.decision.nearest, 'in vain'))

const allowedOf = ({ question: { target, allowed } }: Seen, decision: Decision): Decision =>
  allowed === undefined ? decision : within(decision, target, allowed)

const wayOf = ({ task, experts }: Decision): Way => ({ task, expert: experts[0] ?? 'none' })

const aboutOf = ({ question: { text }, questionHash }: Seen, whole: boolean): About =>
  whole ? { question: text } : { questionHash, questionChars: text.length }
