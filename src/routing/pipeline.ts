import { GatewayError } from '../errors.ts'
import type { Ask } from '../experts/expert.ts'
import type { Crew } from '../experts/registry.ts'
import { UNKNOWN } from '../knowledge/map.ts'
import type { Snapshot } from '../knowledge/snapshot.ts'
import { type Allowed, nobodyAllowed, within } from './allowed.ts'
import { type Called, callExperts } from './call.ts'
import { classify } from './classify.ts'
import { type Decision, decide, enoughFor, nothingFound, pinned, wantsClassifier } from './decide.ts'
import type { Events } from './events.ts'
import { expertsFor } from './order.ts'
import { createPassages } from './passages.ts'
import { hashOf } from './question-hash.ts'
import { createMemories } from './remember.ts'
import type { Serving } from './serving.ts'

/** What the client's model name means. */
export type Target =
  | { readonly kind: 'auto' }
  | { readonly kind: 'task'; readonly task: string }
  | { readonly kind: 'expert'; readonly expert: string }

export type Question = {
  readonly text: string
  readonly target: Target
  readonly hop: number
  /** Whose question it is, by key or address: clients take turns where questions wait. */
  readonly client?: string | undefined
  /** Left out, the client may use everything. */
  readonly allowed?: Allowed | undefined
  /** Who is told of this request's steps, where it is not only everybody's listener. */
  readonly events?: Events | undefined
}

export type Answered = Called & {
  readonly decision: Decision
  readonly questionHash: string
  readonly remembered: boolean
  /** What the encoder took of it; nothing where it was not needed. */
  readonly encodeMs: number
  /** Time spent waiting on experts and the classifier. */
  readonly waitedMs: number
}

/** A decision, what the classifier's word and the encoder cost, and what its question is called where its text may not be kept. */
type Decided = {
  readonly decision: Decision
  readonly classifierMs: number
  readonly encodeMs: number
  readonly questionHash: string
}

/** Lasting, if nothing has failed that may succeed the next time. */
type Afresh = Decided & { readonly isLasting: boolean }

export type Pipeline = {
  /** Decides and asks; the answer's first byte is here when it resolves. */
  answer(
    serving: Serving,
    question: Question,
    ask: Omit<Ask, 'passages'>,
    signal: AbortSignal,
  ): Promise<Answered>
  /** Decides without asking anybody but the classifier. */
  route(serving: Serving, question: Question, signal: AbortSignal): Promise<Decided & { remembered: boolean }>
}

/** Any failure on the way that carries the decision made before it. */
export class AnswerFailed extends Error {
  readonly decision: Decision
  constructor(decision: Decision, cause: unknown) {
    super('Nobody answered.', { cause })
    this.decision = decision
  }
}

export const createPipeline = (events: Events, rememberedMax = 10_000): Pipeline => {
  /** What was decided by a snapshot goes with it. */
  const memoryOf = createMemories<Snapshot, Afresh>(rememberedMax, ({ isLasting }) => isLasting)
  const passagesFor = createPassages()

  const settled = (
    { decision: made, classifierMs, encodeMs, questionHash }: Decided,
    remembered: boolean,
    { target, allowed, events: told = events }: Question,
    began: number,
  ) => {
    // What is remembered is for everybody; what of it this client may use is looked at each time.
    const decision = allowed === undefined ? made : within(made, target, allowed)
    const ms = performance.now() - began
    told.decided(decision, remembered, ms)
    // What was remembered has cost this request nothing of the classifier's time, nor of the encoder's.
    return {
      decision,
      questionHash,
      remembered,
      classifierMs: Math.min(classifierMs, ms),
      encodeMs: remembered ? 0 : encodeMs,
    }
  }
  /** Without a detour where nobody has to be waited for. */
  const route = ({ snapshot, crew }: Serving, question: Question, signal: AbortSignal) => {
    const began = performance.now()
    const named = byName(snapshot, question.target)
    if (named !== undefined) {
      const made = { decision: named, classifierMs: 0, encodeMs: 0, questionHash: hashOf(question.text) }
      return settled(made, false, question, began)
    }
    const decided = memoryOf(snapshot)
    const known = decided.known(question.text)
    if (known !== undefined) return settled(known, true, question, began)
    const work = (inner: AbortSignal) =>
      decideAfresh(snapshot, crew, question, question.events ?? events, inner)
    return decided
      .get(question.text, work, signal)
      .then(({ value, remembered }) => settled(value, remembered, question, began))
  }

  return {
    route: async (serving, question, signal) => await route(serving, question, signal),
    async answer(serving, question, ask, signal) {
      const routed = route(serving, question, signal)
      const { decision, questionHash, remembered, classifierMs, encodeMs } =
        routed instanceof Promise ? await routed : routed
      const { allowed } = question
      if (allowed !== undefined && decision.experts.length === 0) {
        throw new AnswerFailed(decision, nobodyAllowed(decision, allowed))
      }
      const experts = decision.experts.flatMap(id => serving.crew.experts.get(id) ?? [])
      const passages = (inner: AbortSignal) => passagesFor(serving.snapshot, decision, question.text, inner)
      try {
        const called = await callExperts(
          experts,
          withPassages(ask, passages),
          question.events ?? events,
          signal,
        )
        const { answer, expert, tried, expertMs } = called
        const waitedMs = expertMs + classifierMs
        return { answer, expert, tried, expertMs, decision, questionHash, remembered, encodeMs, waitedMs }
      } catch (error) {
        throw new AnswerFailed(decision, error)
      }
    },
  }
}

/** Field by field: to spread an object of this size costs two microseconds. */
const withPassages = (ask: Omit<Ask, 'passages'>, passages: Ask['passages']): Ask => ({
  endpoint: ask.endpoint,
  stream: ask.stream,
  bodyFor: ask.bodyFor,
  requestId: ask.requestId,
  hop: ask.hop,
  headers: ask.headers,
  passages,
})

export const decideAfresh = async (
  snapshot: Snapshot,
  crew: Crew,
  { text, hop, client }: Question,
  events: Events,
  signal: AbortSignal,
): Promise<Afresh> => {
  const nearest = await neighboursOf(snapshot, { text, client }, events, signal)
  const began = performance.now()
  const said =
    crew.classifier !== undefined && text !== '' && wantsClassifier(snapshot, nearest)
      ? await classify(snapshot, crew.classifier, text, nearest, hop, events, signal)
      : 'nothing'
  return {
    decision: decide(snapshot, nearest, said),
    classifierMs: performance.now() - began,
    encodeMs: nearest.tookMs?.encode ?? 0,
    questionHash: hashOf(text),
    isLasting: said !== 'in vain' && (nearest !== nothingFound || text === ''),
  }
}

/** Retrieval that fails leaves the question without neighbours, not without an answer. */
const neighboursOf = async (
  snapshot: Snapshot,
  { text, client }: Pick<Question, 'text' | 'client'>,
  events: Events,
  signal: AbortSignal,
) => {
  if (text === '') return nothingFound
  try {
    const began = performance.now()
    const nearest = await snapshot.retriever.nearest(text, signal, { enough: enoughFor(snapshot), client })
    events.retrieved?.(performance.now() - began)
    return nearest
  } catch (error) {
    if (signal.aborted) throw new GatewayError('client_left', 'The client left.', { cause: error })
    events.retrievalFailed(error)
    return nothingFound
  }
}

export const byName = (snapshot: Snapshot, target: Target): Decision | undefined => {
  switch (target.kind) {
    case 'auto':
      return undefined
    case 'task':
      return pinned(snapshot, target.task, expertsFor(snapshot.map, target.task))
    case 'expert':
      return pinned(snapshot, UNKNOWN, [target.expert])
  }
}
