import type { Logger } from 'pino'
import { describe } from '../errors.ts'
import { InvalidFilesError } from '../knowledge/problem.ts'
import type { CandidateEvents } from '../routing/candidate/place.ts'
import type { Decision } from '../routing/decide.ts'
import type { Account, Events, RefusedBecause, RequestEvents } from '../routing/events.ts'
import type { SwapEvents } from '../routing/serving.ts'
import type { FeedbackEvents } from './feedback.ts'
import { type LineLevel, lineWriter } from './log.ts'

/** What the core announces, as log lines. */
export const createLogEvents = (
  log: Logger,
  withQuestions: boolean,
  write = lineWriter(log, 'answered'),
): Events & RequestEvents & SwapEvents & CandidateEvents & FeedbackEvents => ({
  decided(decision, remembered, ms) {
    if (!log.isLevelEnabled('debug')) return
    log.debug({ ...summary(decision), remembered, ms: round(ms) }, 'decided')
  },
  classified(outcome, ms) {
    if (outcome === 'skipped') log.debug('the classifier is left alone')
    else if (outcome !== 'answered') log.warn({ outcome, ms: round(ms) }, 'the classifier was asked in vain')
  },
  expertAnswered: () => undefined,
  expertFailed({ requestId, expert, code, message, ms }) {
    log[levelOfFailure(code)]({ requestId, expert, code, ms: round(ms) }, message)
  },
  retrievalFailed: error =>
    log.error({ problem: describe(error) }, 'a question is routed without neighbours'),
  answered: account => write(levelOf(account), lineOf(account, withQuestions)),
  refused: () => undefined,
  refusing: because => log.warn({ because }, `requests are turned away: ${refusals[because]}`),
  refusedEnough: (because, count, ms) =>
    log.info({ because, count, ms: round(ms) }, 'requests are no longer turned away'),
  swapped: ({ snapshot }, cause) =>
    log.info(
      { snapshot: snapshot.version, map: snapshot.map.name, examples: snapshot.examples.length, ...cause },
      'a new snapshot is served',
    ),
  swapFailed(error) {
    const problems = error instanceof InvalidFilesError ? error.message.split('\n') : [describe(error)]
    log.error({ problems }, 'the change is not usable: the last good snapshot goes on serving')
  },
  candidateBegan: (version, { mode, percent, why }) =>
    log.info({ candidate: version, mode, percent, why }, 'a candidate is tried'),
  candidateEnded: ({ version, outcome, because, seen, moved }) =>
    log.info({ candidate: version, outcome, because, seen, moved }, 'the candidate is tried no more'),
  rated: ({ requestId, client, score, correctTask }, task, expert) =>
    log.info({ requestId, client, score, task, expert, correctTask }, 'feedback'),
  feedbackLost: error =>
    log.error({ problem: describe(error) }, 'corrections cannot be kept in COE_DATA/feedback.jsonl'),
  agreed: () => log.info('the files are again what is served'),
  workerDied: error =>
    log.error(
      { problem: describe(error) },
      'a retrieval worker died or cannot be started; it is tried again',
    ),
})

/** Our own key is our own fault. Who was not even asked is passed over at every request: the answer's line says so. */
const levelOfFailure = (code: string) =>
  code === 'expert_unauthorized' ? 'error' : code === 'expert_busy' ? 'debug' : 'warn'

/** What to do about it, for whoever reads this at night. */
const refusals: Readonly<Record<RefusedBecause, string>> = {
  in_flight: 'as many are running as COE_MAX_IN_FLIGHT allows',
  event_loop: 'the event loop is later than COE_MAX_DELAY_MS allows; the process needs more CPU or less work',
  bodies: 'bodies hold as much memory as COE_BODIES_LIMIT_MB allows',
  connections: 'as many connections are open as COE_MAX_CONNECTIONS allows',
  timeout: 'they did not arrive in time; a slow client, or one that holds connections on purpose',
  headers: 'their headers are too large',
  malformed: 'they are no HTTP',
}

/** Turned away because of overload: counted, and said once by `refusing`, not with a line each. */
const levelOf = ({ status, outcome, error }: Pick<Account, 'status' | 'outcome' | 'error'>): LineLevel => {
  if (error === 'overloaded') return 'debug'
  return status >= 500 || outcome === 'truncated' ? 'warn' : 'info'
}

type Summary = ReturnType<typeof summary>

/** Every field of an account but these three stands in the line under its own name. */
type Line = {
  readonly [Name in Exclude<keyof Account, 'decision' | 'question' | 'questionHash'>]: Account[Name]
} & {
  readonly [Name in keyof Summary]: Summary[Name] | undefined
} & { readonly question: string | undefined; readonly questionChars: number | undefined }

/** Field by field: an object that is spread and then overwritten costs more than its whole line. */
const lineOf = (account: Account, withQuestions: boolean): Line => {
  const { decision, question, overheadMs, encodeMs } = account
  return {
    requestId: account.requestId,
    client: account.client,
    endpoint: account.endpoint,
    stream: account.stream,
    status: account.status,
    tried: account.tried,
    expert: account.expert,
    error: account.error,
    outcome: account.outcome,
    tokens: account.tokens,
    traceId: account.traceId,
    task: decision?.task,
    experts: decision?.experts,
    decidedBy: decision?.decidedBy,
    byWords: decision?.nearest.byWords,
    confidence: decision?.confidence,
    snapshot: decision?.snapshot,
    ms: round(account.ms),
    totalMs: round(account.totalMs),
    overheadMs: overheadMs === undefined ? undefined : round(overheadMs),
    encodeMs: encodeMs === undefined ? undefined : round(encodeMs),
    question: withQuestions ? question : undefined,
    questionChars: withQuestions ? undefined : question.length,
  }
}

export const summary = (decision: Decision) => ({
  task: decision.task,
  experts: decision.experts,
  decidedBy: decision.decidedBy,
  byWords: decision.nearest.byWords,
  confidence: decision.confidence,
  snapshot: decision.snapshot,
})

const round = (ms: number) => Math.round(ms * 100) / 100
