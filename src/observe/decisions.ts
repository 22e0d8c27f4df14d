import type { Decision } from '../routing/decide.ts'
import type { Account } from '../routing/events.ts'
import { hashOf } from '../routing/question-hash.ts'

/** A request that was decided, as it is remembered: its text only where that is allowed. */
export type Remembered = Readonly<
  Pick<
    Account,
    | 'requestId'
    | 'client'
    | 'endpoint'
    | 'stream'
    | 'status'
    | 'expert'
    | 'tried'
    | 'ms'
    | 'overheadMs'
    | 'tokens'
    | 'error'
    | 'outcome'
  > & {
    seq: number
    /** Milliseconds since 1970. */
    at: number
    decision: Decision
    question: string | undefined
    questionHash: string
    questionChars: number
  }
>

export type Wanted = {
  readonly limit: number
  readonly task?: string | undefined
  readonly expert?: string | undefined
  readonly decidedBy?: string | undefined
  /** Only older ones than this. */
  readonly before?: number | undefined
}

export type Decisions = {
  /** A listener of what the door announces. */
  readonly answered: (account: Account) => void
  /** Newest first; `next` is where an older page begins. */
  latest(wanted: Wanted): { readonly decisions: readonly Remembered[]; readonly next: number | undefined }
  /** Whatever is decided from now on, until what this returns is called. */
  listen(listener: (decision: Remembered) => void): () => void
}

export type DecisionsOptions = {
  /** Whether the questions' text may be kept. */
  readonly withQuestions: boolean
  readonly most?: number
  readonly now?: () => number
}

/** The last decisions in a ring: one object a request, and no more work than that unless somebody listens. */
export const createDecisions = (options: DecisionsOptions): Decisions => {
  const { withQuestions, most = 10_000, now = Date.now } = options
  const ring: Remembered[] = []
  const listeners = new Set<(decision: Remembered) => void>()
  let last = 0

  const at = (seq: number) => ring[seq % most]
  const oldest = () => Math.max(1, last - most + 1)
  return {
    answered(account) {
      const { decision, question } = account
      if (decision === undefined) return
      const remembered = rememberedOf(account, decision, {
        seq: ++last,
        at: now(),
        question: withQuestions ? copyOf(question) : undefined,
      })
      ring[last % most] = remembered
      for (const listener of listeners) listener(remembered)
    },
    latest({ limit, task, expert, decidedBy, before = Infinity }) {
      const decisions: Remembered[] = []
      let seq = Math.min(last, before - 1)
      for (; seq >= oldest() && decisions.length < limit; seq--) {
        const one = at(seq)
        if (
          one !== undefined &&
          (task === undefined || one.decision.task === task) &&
          (expert === undefined || one.expert === expert) &&
          (decidedBy === undefined || one.decision.decidedBy === decidedBy)
        )
          decisions.push(one)
      }
      return { decisions, next: seq >= oldest() ? decisions.at(-1)?.seq : undefined }
    },
    listen(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
}

const MOST_CHARS = 2_000

/** A part of a text keeps all of it in memory, which may be a request of megabytes: what is kept must stand alone. */
const copyOf = (question: string) => Buffer.from(question.slice(0, MOST_CHARS)).toString()

const rememberedOf = (
  account: Account,
  decision: Decision,
  own: Pick<Remembered, 'seq' | 'at' | 'question'>,
): Remembered => ({
  seq: own.seq,
  at: own.at,
  requestId: account.requestId,
  client: account.client,
  endpoint: account.endpoint,
  stream: account.stream,
  status: account.status,
  expert: account.expert,
  tried: account.tried,
  ms: account.ms,
  overheadMs: account.overheadMs,
  tokens: account.tokens,
  error: account.error,
  outcome: account.outcome,
  decision,
  question: own.question,
  questionHash: account.questionHash ?? hashOf(account.question),
  questionChars: account.question.length,
})

/** A decision as it is told outside. */
export const shown = (remembered: Remembered) => {
  const { at, decision, ms, overheadMs, ...rest } = remembered
  const { task, decidedBy, confidence, snapshot } = decision
  return {
    ...rest,
    at: new Date(at).toISOString(),
    task,
    decidedBy,
    confidence,
    snapshot,
    ms: round(ms),
    ...(overheadMs === undefined ? {} : { overheadMs: round(overheadMs) }),
  }
}

const round = (ms: number) => Math.round(ms * 100) / 100
