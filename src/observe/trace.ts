import type { Logger } from 'pino'
import type { Events, Trace } from '../routing/events.ts'

/** Where spans go and which of them. */
export type TracingWanted = {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly serviceName: string
  readonly resource: Readonly<Record<string, string>>
  readonly sampler: string
  readonly ratio: number
  readonly timeoutMs: number
  readonly remarks: readonly string[]
}

/** What is known of a request when it comes in. */
export type Arrival = {
  readonly method: string
  /** The route's name, never what a client wrote. */
  readonly route: string
  readonly requestId: string
  readonly traceparent: string | undefined
  readonly tracestate: string | undefined
}

export type Tracing = {
  /** Undefined when it cannot be begun: a request is never worth less than its trace. */
  begin(arrival: Arrival): Trace | undefined
  /** Delivers what is still here, within bounds. */
  close(): Promise<void>
}

export type TracingDeps = {
  readonly log: Logger
  /** Everybody's listener: a request's own tells it first. */
  readonly events: Events
  readonly withQuestions: boolean
}

/** Loads OpenTelemetry only where somebody wants spans: it costs 15 MB and a quarter of a second. */
export const startTracing = async (
  wanted: TracingWanted | undefined,
  deps: TracingDeps,
): Promise<Tracing | undefined> =>
  wanted && (await import('./tracing/tracing.ts')).createTracing(wanted, deps)
