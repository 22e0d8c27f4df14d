import type { ErrorCode } from '../../src/errors.ts'
import type { Script } from './faulty-expert.ts'

/** Where the faulty expert is, if not at the server that follows scripts. */
export type Place =
  | 'scripted'
  | 'nobody'
  | 'no such name'
  | 'behind an unknown certificate'
  | 'no TLS there'
  | 'TLS where none is expected'
  | 'TLS that is never agreed on'
  | 'hangs up on everybody'

/** What a client must see, and what it must have cost. */
export type Sees =
  | {
      /** Another expert answers in its place; without another, an honest error. */
      readonly kind: 'next'
      readonly code: ErrorCode
      /** Requests that reach the faulty expert. */
      readonly calls: number
      /** When it is the only one, and when the client named it. */
      readonly alone: number
      readonly pinned: number
      /** Seconds, a little less where time has passed. */
      readonly retryAfter?: number
    }
  | {
      /** The expert's own words: nobody else is asked. */
      readonly kind: 'refusal'
      readonly calls: number
      readonly status: number
      readonly body: string | undefined
    }
  | {
      /** Its own answer all the same, byte for byte. */
      readonly kind: 'answer'
      readonly calls: number
      readonly body: (stream: boolean) => Buffer
    }
  | {
      /** What came, then an error event. */
      readonly kind: 'broken off'
      readonly body: Buffer
    }

export type Row = {
  readonly id: string
  /** What is wrong: "an expert that …". */
  readonly fault: string
  readonly stream: boolean
  readonly place: Place
  readonly script: Script | undefined
  /** Of the map's entry: short deadlines where only a deadline ends it. */
  readonly limits: { readonly timeout?: string; readonly idle?: string }
  /** So much that it slows everything down: never beside a row with a short deadline. */
  readonly floods: boolean
  readonly sees: Sees
}

type More = {
  readonly only?: 'whole' | 'stream'
  readonly place?: Place
  readonly limits?: Row['limits']
  readonly floods?: boolean
}

/** One row for whole answers and one for streams, unless it is about one of them. */
export const rows = (fault: string, script: Script | undefined, sees: Sees, more: More = {}): Row[] =>
  [false, true]
    .filter(stream => more.only === undefined || more.only === (stream ? 'stream' : 'whole'))
    .map(stream => ({
      id: `${fault
        .toLowerCase()
        .replace(/[^a-z0-9]+/g, '-')
        .slice(0, 80)}.${stream ? 'stream' : 'whole'}`,
      fault,
      stream,
      place: more.place ?? 'scripted',
      script,
      limits: more.limits ?? {},
      floods: more.floods ?? false,
      sees,
    }))

/** Nothing but the deadline ends it. Nobody who keeps to the protocol is ever this slow by chance. */
export const HURRY = { timeout: '800ms' }
export const IMPATIENT = { idle: '150ms' }

const next = (code: ErrorCode, calls: number, status: number, more: { retryAfter?: number } = {}): Sees => ({
  kind: 'next',
  code,
  calls,
  alone: status,
  pinned: status,
  ...more,
})

/** The connection or the server failed: one more attempt, then the next expert. */
export const unavailable = (calls = 2) => next('expert_unavailable', calls, 502)
/** It answered, but not as agreed: asking it again would bring the same. */
export const invalid = (calls = 1) => next('expert_invalid_response', calls, 502)
/** The deadline has already cost the client its patience: no second attempt. */
export const late = (calls = 1) => next('expert_timeout', calls, 504)
/** A status of its own, which a client that named this expert gets as it is. */
export const failing = (status: number, calls = 2, retryAfter?: number): Sees => ({
  kind: 'next',
  code: status === 429 ? 'expert_rate_limited' : 'expert_unavailable',
  calls,
  alone: status === 429 ? 503 : 502,
  pinned: status,
  ...(retryAfter === undefined ? {} : { retryAfter }),
})
/** The gateway's own key is wrong: nothing of that is the client's to see. */
export const unauthorized: Sees = next('expert_unauthorized', 1, 502)
export const refusal = (status: number, body?: string, calls = 1): Sees => ({
  kind: 'refusal',
  calls,
  status,
  body,
})
export const answers = (body: (stream: boolean) => Buffer, calls = 1): Sees => ({
  kind: 'answer',
  calls,
  body,
})
export const brokenOff = (body: string | Uint8Array): Sees => ({
  kind: 'broken off',
  body: Buffer.from(body),
})
