import type { Limit, Standing } from '../http/access/limits.ts'
import type { MetricValues } from '../observe/metrics.ts'

/** A place that was taken for a key in another process; the ticket gives it back. */
export type Admitted =
  | { readonly ticket: number; readonly standing: Standing | undefined }
  | {
      readonly exceeded: 'rate' | 'concurrency'
      readonly standing: Standing | undefined
      readonly retryAfterMs: number
    }

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
  /** Said by the process that an operator happened to reach. */
  drained(expert: string, on: boolean): void
}

/** What a process that answers does for the primary. */
export type OfMember = {
  metrics(): Promise<MetricValues[]>
  drain(expert: string, on: boolean): void
  running(count: number): void
  reload(): void
  stop(): void
}
