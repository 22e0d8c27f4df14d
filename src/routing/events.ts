import type { Expert, Usage } from '../experts/expert.ts'
import type { Decision } from './decide.ts'

/** One expert's failure in one request. The message is for the log: it may name what no client is told. */
export type FailedCall = {
  readonly requestId: string
  readonly expert: string
  readonly code: string
  readonly message: string
  readonly ms: number
}

/** What the core announces; `observe/` listens. Nothing here can fail a request. */
export type Events = {
  decided(decision: Decision, remembered: boolean, ms: number): void
  /** `skipped`: its breaker is open or its queue full, and it was not asked. */
  classified(outcome: 'answered' | 'unreadable' | 'failed' | 'skipped', ms: number): void
  /** The neighbours are here; asked for afresh, not remembered. */
  retrieved?(ms: number): void
  /** Before it is. */
  expertAsked?(expert: Pick<Expert, 'id' | 'about'>): void
  expertAnswered(expert: string, ms: number): void
  expertFailed(failed: FailedCall): void
  retrievalFailed(error: unknown): void
}

/** How a stream ended: whole, broken by the expert, or left by the client. */
export type StreamOutcome = 'complete' | 'truncated' | 'left'

/** One request, while traces are wanted. */
export type Trace = {
  readonly id: string
  /** Everybody's listener, and the request's own. */
  readonly events: Events
  /** What an expert is told beside what the client passes on: `traceparent` changes with the expert that is asked. */
  headers(passed: Readonly<Record<string, string>>): Readonly<Record<string, string>>
  over(account: Account): void
}

/** A request as a whole, told once when its answer is over. */
export type Account = {
  readonly requestId: string
  /** The name of the client's key, never the key; none where everybody is let in. */
  readonly client: string | undefined
  readonly endpoint: string
  readonly stream: boolean
  readonly status: number
  /** Until the first byte. */
  readonly ms: number
  readonly totalMs: number
  /** The part of it that was not spent waiting on experts or the classifier; unknown when nobody answered. */
  readonly overheadMs: number | undefined
  /** The part of that which was the encoder's; unknown where nothing had to be encoded. */
  readonly encodeMs: number | undefined
  readonly question: string
  /** Where somebody was answered, and so had to be remembered. */
  readonly questionHash: string | undefined
  readonly decision: Decision | undefined
  readonly expert: string | undefined
  readonly tried: readonly string[]
  readonly error: string | undefined
  readonly outcome: StreamOutcome | undefined
  /** By the expert's own word, where it says any. */
  readonly tokens: Usage | undefined
  /** Where traces are wanted. */
  readonly traceId: string | undefined
}

/** What the door turned away, and why: too much at once, or nothing that could be read. */
export type RefusedBecause =
  | 'in_flight'
  | 'event_loop'
  | 'bodies'
  | 'connections'
  | 'timeout'
  | 'headers'
  | 'malformed'

/** What the door announces. */
export type RequestEvents = {
  answered(account: Account): void
  /** One request or connection was turned away. */
  refused(because: RefusedBecause): void
  /** The first of many: told once, however many follow. */
  refusing(because: RefusedBecause): void
  refusedEnough(because: RefusedBecause, count: number, ms: number): void
}
