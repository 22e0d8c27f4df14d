import type { Limit, Standing } from '../http/access/limits.ts'
import type { Fares } from '../http/admin/experts.ts'
import type { Kept } from '../knowledge/history.ts'
import type { Correction } from '../observe/corrections.ts'
import type { Page, Told, Wanted } from '../observe/decisions.ts'
import type { Minute } from '../observe/expert-figures.ts'
import type { Given } from '../observe/feedback.ts'
import type { MetricValues } from '../observe/metrics.ts'
import type { Opinion } from '../observe/opinions.ts'
import type { CandidateReport, Terms } from '../routing/candidate/candidate.ts'

/** A place that was taken for a key in another process; the ticket gives it back. */
export type Admitted =
  | { readonly ticket: number; readonly standing: Standing | undefined }
  | {
      readonly exceeded: 'rate' | 'concurrency'
      readonly standing: Standing | undefined
      readonly retryAfterMs: number
    }

export type Reported = Pick<Fares, 'id' | 'about' | 'breaker' | 'inFlight' | 'queued' | 'draining'> & {
  readonly minutes: readonly Minute[]
}

/** What the processes that answer do for each other, so that any of them can speak for all. */
export type OfSibling = {
  decisions(wanted: Wanted): Page<Told>
  experts(): readonly Reported[]
  rate(given: Given): boolean
  opinions(): { readonly opinions: readonly Opinion[]; readonly corrections: readonly Correction[] }
  candidate():
    | { readonly report: CandidateReport; readonly source: string; readonly terms: Terms }
    | undefined
  beginCandidate(source: string, terms: Terms): Promise<void>
  adjustCandidate(terms: Terms): void
  dropCandidate(because: string): Promise<void>
  /** A map was activated, and stands in the history already. */
  activated(entry: Kept): void
}

/** The answer of one of them. */
export type Said<T> = { readonly value: T } | { readonly problem: string }

/** What the primary does for the processes that answer. */
export type OfPrimary = {
  /** It answers; with what there is to print about it. */
  ready(banner: readonly string[]): void
  /** Everybody's metrics as one text. */
  metrics(): Promise<string>
  admit(name: string, limit: Limit): Promise<Admitted>
  release(ticket: number): void
  keep(names: readonly string[]): void
  /** Resolves when no other process has its turn; that lasts until `turnOver`. */
  turn(): Promise<void>
  turnOver(): void
  /** Asks all other processes that answer. */
  others<Name extends keyof OfSibling>(
    name: Name,
    given: Parameters<OfSibling[Name]>,
  ): Promise<Said<Awaited<ReturnType<OfSibling[Name]>>>[]>
  /** Said by the process that an operator happened to reach. */
  drained(expert: string, on: boolean): void
}

/** What a process that answers does for the primary. */
export type OfMember = {
  metrics(): Promise<MetricValues[]>
  drain(expert: string, on: boolean): void
  /** Another process asks. */
  asked<Name extends keyof OfSibling>(name: Name, given: Parameters<OfSibling[Name]>): unknown
  running(count: number): void
  reload(): void
  stop(): void
}
