import {
  type Context,
  createTraceState,
  isSpanContextValid,
  ROOT_CONTEXT,
  type SpanContext,
  trace,
} from '@opentelemetry/api'

const FORM = /^(?!ff)[\da-f]{2}-([\da-f]{32})-([\da-f]{16})-([\da-f]{2})(?:$|-)/

/** Whose span ours hangs below, by the W3C headers of a request; one that is malformed begins a trace of its own. */
export const parentOf = (traceparent: string | undefined, tracestate: string | undefined): Context => {
  const [, traceId = '', spanId = '', flags = ''] = FORM.exec(traceparent?.trim() ?? '') ?? []
  const traceState = tracestate === undefined ? {} : { traceState: createTraceState(tracestate) }
  const parent: SpanContext = {
    traceId,
    spanId,
    traceFlags: Number.parseInt(flags, 16) & 1,
    isRemote: true,
    ...traceState,
  }
  return isSpanContextValid(parent) ? trace.setSpanContext(ROOT_CONTEXT, parent) : ROOT_CONTEXT
}

/** What whoever is asked is told of the span it is asked in. */
export const headersOf = ({ traceId, spanId, traceFlags, traceState }: SpanContext) => {
  const state = traceState?.serialize()
  return {
    traceparent: `00-${traceId}-${spanId}-${(traceFlags & 1).toString(16).padStart(2, '0')}`,
    ...(state ? { tracestate: state } : {}),
  }
}
