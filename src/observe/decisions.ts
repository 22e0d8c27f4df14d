import { copyOf } from '../routing/copy-of.ts'
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
    | 'encodeMs'
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

/** Without what it was made from. */
export type Told = Omit<Remembered, 'decision'> & { readonly decision: Omit<Decision, 'nearest'> }

export type Wanted = {
  readonly limit: number
  readonly task?: string | undefined
  readonly expert?: string | undefined
  readonly decidedBy?: string | undefined
  /** Only older ones than this. */
  readonly before?: number | undefined
  /** Only newer ones than this. */
  readonly after?: number | undefined
}

export type Page<One = Remembered> = {
  readonly decisions: readonly One[]
  /** Where an older page begins. */
  readonly next: number | undefined
}

export type Decisions = {
  /** A listener of what the door announces. */
  readonly answered: (account: Account) => void
  /** Newest first. */
  latest(wanted: Wanted): Page
  /** Whatever is decided from now on, until what this returns is called. */
  listen(listener: (decision: Remembered) => void): () => void
}

/** The same of however many processes. */
export type ToldDecisions = {
  latest(wanted: Wanted): Page<Told> | Promise<Page<Told>>
  listen(listener: (decision: Told) => void): () => void
}

export type DecisionsOptions = {
  /** Whether the questions' text may be kept. */
  readonly withQuestions: boolean
  readonly most?: number
  readonly now?: () => number
  /** What a decision is called by; counted from 1 where nobody else decides. */
  readonly seqAfter?: (last: number, at: number) => number
}

/** The last decisions in a ring: one object a request, and no more work than that unless somebody listens. */
export const createDecisions = (options: DecisionsOptions): Decisions => {
  const { withQuestions, most = 10_000, now = Date.now, seqAfter = last => last + 1 } = options
  const ring: Remembered[] = []
  const listeners = new Set<(decision: Remembered) => void>()
  let last = 0
  let count = 0

  return {
    answered(account) {
      const { decision, question } = account
      if (decision === undefined) return
      const at = now()
      last = seqAfter(last, at)
      const kept = withQuestions ? copyOf(question.slice(0, MOST_CHARS)) : undefined
      const remembered = rememberedOf(account, decision, { seq: last, at, question: kept })
      ring[count++ % most] = remembered
      for (const listener of listeners) listener(remembered)
    },
    latest(wanted) {
      const { limit, before = Infinity, after = 0 } = wanted
      const decisions: Remembered[] = []
      const oldest = Math.max(0, count - most)
      let at = count - 1
      for (; at >= oldest && decisions.length < limit; at--) {
        const one = ring[at % most]
        if (one === undefined || one.seq <= after) break
        if (one.seq < before && isWanted(one, wanted)) decisions.push(one)
      }
      const isCut = decisions.length === limit && at >= oldest
      return { decisions, next: isCut ? decisions.at(-1)?.seq : undefined }
    },
    listen(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
}

const isWanted = ({ expert, decision }: Remembered, wanted: Wanted) =>
  (wanted.task === undefined || decision.task === wanted.task) &&
  (wanted.expert === undefined || expert === wanted.expert) &&
  (wanted.decidedBy === undefined || decision.decidedBy === wanted.decidedBy)

const MOST_CHARS = 2_000

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
  encodeMs: account.encodeMs,
  tokens: account.tokens,
  error: account.error,
  outcome: account.outcome,
  decision,
  question: own.question,
  questionHash: account.questionHash ?? hashOf(account.question),
  questionChars: account.question.length,
})

/** A decision as it is told outside. */
export const shown = (remembered: Told) => {
  const { at, decision, ms, overheadMs, encodeMs, ...rest } = remembered
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
    ...(encodeMs === undefined ? {} : { encodeMs: round(encodeMs) }),
  }
}

const round = (ms: number) => Math.round(ms * 100) / 100
