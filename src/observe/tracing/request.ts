import { type Context, type Span, SpanKind, type Tracer, trace } from '@opentelemetry/api'
import type { Account, Events, Trace } from '../../routing/events.ts'
import { fanOut } from '../fan-out.ts'
import type { Arrival } from '../trace.ts'
import { fail, ofAccount, ofArrival, ofDecision, ofExpert, ofUsage, operationOf } from './attributes.ts'
import { headersOf, parentOf } from './parent.ts'

export type RequestDeps = {
  readonly tracer: Tracer
  /** Everybody's listener. */
  readonly events: Events
  readonly withQuestions: boolean
}

/** A step of deciding, told before the span it belongs to can be made. */
type Step = { readonly name: string; readonly from: number; readonly to: number; readonly outcome: string }

/** One request's spans: itself, its decision with the steps of it, and every expert that was asked. */
export const traceRequest = ({ tracer, events, withQuestions }: RequestDeps, arrival: Arrival): Trace => {
  const parent = parentOf(arrival.traceparent, arrival.tracestate)
  const name = `${arrival.method} ${arrival.route}`
  const server = tracer.startSpan(name, { kind: SpanKind.SERVER, attributes: ofArrival(arrival) }, parent)
  const inServer = trace.setSpan(parent, server)
  const asking = traceExperts(tracer, operationOf(arrival.route), inServer)
  const told = fanOut<Events>([events, { ...traceDecision(tracer, inServer), ...asking.events }])

  return {
    id: server.spanContext().traceId,
    events: told,
    headers: passed => ({
      ...withoutTrace(passed),
      // Read when an expert is asked: each one hangs below its own span.
      get traceparent() {
        return headersOf((asking.current() ?? server).spanContext()).traceparent
      },
      ...stateOf(server),
    }),
    over(account) {
      asking.over(account)
      server.setAttributes(ofAccount(account, withQuestions))
      if (account.status >= 500) fail(server, account.error ?? String(account.status))
      else if (account.outcome === 'truncated') fail(server, 'expert_truncated')
      else if (account.error !== undefined) server.setAttribute('error.type', account.error)
      server.end()
    },
  }
}

/** Nothing is kept of what came in: a `tracestate` without its valid `traceparent` means nothing. */
const withoutTrace = ({
  traceparent: _parent,
  tracestate: _state,
  ...rest
}: Readonly<Record<string, string>>) => rest

const stateOf = (span: Span): { tracestate?: string } => {
  const { traceparent: _, ...state } = headersOf(span.spanContext())
  return state
}

/** Remembered or pinned, a decision has no steps. */
const traceDecision = (
  tracer: Tracer,
  above: Context,
): Pick<Events, 'decided' | 'classified' | 'retrievalFailed'> & Required<Pick<Events, 'retrieved'>> => {
  const steps: Step[] = []
  const step = (name: string, ms: number, outcome: string) => {
    const to = performance.now()
    steps.push({ name, from: to - ms, to, outcome })
  }
  return {
    retrieved: ms => step('retrieval', ms, 'done'),
    retrievalFailed: () => step('retrieval', 0, 'failed'),
    classified: (outcome, ms) => step('classify', ms, outcome),
    decided(decision, remembered, ms) {
      const to = performance.now()
      const attributes = { ...ofDecision(decision), 'coe.remembered': remembered }
      const span = tracer.startSpan('decide', { startTime: to - ms, attributes }, above)
      for (const { name, from, to, outcome } of steps) {
        const options = { startTime: from, attributes: { 'coe.outcome': outcome } }
        const child = tracer.startSpan(name, options, trace.setSpan(above, span))
        if (outcome === 'failed' || outcome === 'unreadable') fail(child, outcome)
        child.end(to)
      }
      span.end(to)
    },
  }
}

/** Experts are asked one after the other: there is never more than one span open. */
const traceExperts = (tracer: Tracer, operation: string, above: Context) => {
  let open: { readonly span: Span; answeredAt?: number } | undefined
  const events: Pick<Events, 'expertAnswered' | 'expertFailed'> & Required<Pick<Events, 'expertAsked'>> = {
    expertAsked(expert) {
      const attributes = ofExpert(operation, expert)
      const kind = expert.about.kind === 'runbook' ? SpanKind.INTERNAL : SpanKind.CLIENT
      const name = `${operation} ${attributes['gen_ai.request.model']}`
      open = { span: tracer.startSpan(name, { kind, attributes }, above) }
    },
    expertAnswered(_expert, ms) {
      if (open === undefined) return
      open.answeredAt = performance.now()
      open.span.setAttribute('gen_ai.response.time_to_first_chunk', ms / 1000)
    },
    expertFailed({ code }) {
      if (open === undefined) return
      fail(open.span, code)
      open.span.end()
      open = undefined
    },
  }
  return {
    events,
    current: () => open?.span,
    /** A stream ends with its last byte, a whole answer with its first. */
    over({ stream, tokens, outcome }: Account) {
      if (open === undefined) return
      const { span, answeredAt } = open
      span.setAttribute('gen_ai.request.stream', stream)
      if (tokens !== undefined) span.setAttributes(ofUsage(tokens))
      if (outcome === 'truncated') fail(span, 'expert_truncated')
      if (answeredAt === undefined) span.setAttribute('error.type', 'client_left')
      span.end(stream ? undefined : answeredAt)
      open = undefined
    },
  }
}
