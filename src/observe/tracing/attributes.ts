import { type Attributes, type Span, SpanStatusCode } from '@opentelemetry/api'
import type { Endpoint, Expert, Usage } from '../../experts/expert.ts'
import type { Decision } from '../../routing/decide.ts'
import type { Account } from '../../routing/events.ts'
import type { Arrival } from '../trace.ts'

/** By the semantic conventions for HTTP servers; what is ours begins with `coe.`. */
export const ofArrival = ({ method, route, requestId }: Arrival): Attributes => ({
  'http.request.method': method,
  'http.route': route,
  'coe.request_id': requestId,
})

export const ofDecision = (decision: Decision): Attributes => ({
  'coe.task': decision.task,
  'coe.decided_by': decision.decidedBy,
  'coe.confidence': decision.confidence,
  'coe.snapshot': decision.snapshot,
})

const operations: Readonly<Record<Endpoint, string>> = {
  'chat/completions': 'chat',
  responses: 'chat',
  completions: 'text_completion',
  embeddings: 'embeddings',
}

/** In the words of the semantic conventions for generative AI; routes are named as endpoints are. */
export const operationOf = (route: string): string =>
  operations[route.replace(/^\/v1\//, '') as Endpoint] ?? 'chat'

/** `openai` is the flavour of the protocol; `server.address` tells who it really is. */
export const ofExpert = (operation: string, { id, about }: Pick<Expert, 'id' | 'about'>): Attributes => ({
  'gen_ai.operation.name': operation,
  'coe.expert': id,
  ...(about.kind === 'runbook'
    ? { 'gen_ai.provider.name': 'coe-ops', 'gen_ai.request.model': 'runbook' }
    : { 'gen_ai.provider.name': 'openai', 'gen_ai.request.model': about.model, ...ofServer(about.origin) }),
})

const ofServer = (origin: string): Attributes => {
  const { hostname, port, protocol } = new URL(origin)
  return { 'server.address': hostname, 'server.port': Number(port || (protocol === 'https:' ? 443 : 80)) }
}

export const ofUsage = ({ prompt, completion }: Usage): Attributes => ({
  'gen_ai.usage.input_tokens': prompt,
  'gen_ai.usage.output_tokens': completion,
})

/** What is known of a request when it is over; the question's text only where questions may be written down. */
export const ofAccount = (account: Account, withQuestions: boolean): Attributes => ({
  'http.response.status_code': account.status,
  'coe.stream': account.stream,
  ...(account.decision === undefined ? {} : ofDecision(account.decision)),
  ...(account.client === undefined ? {} : { 'coe.client': account.client }),
  ...(account.expert === undefined ? {} : { 'coe.expert': account.expert }),
  ...(account.tried.length === 0 ? {} : { 'coe.tried': [...account.tried] }),
  ...(account.overheadMs === undefined ? {} : { 'coe.overhead_ms': account.overheadMs }),
  ...(account.encodeMs === undefined ? {} : { 'coe.encode_ms': account.encodeMs }),
  ...(account.outcome === undefined ? {} : { 'coe.stream.outcome': account.outcome }),
  ...(withQuestions && account.question !== '' ? { 'coe.question': account.question } : {}),
})

/** The message is left out: an expert's words may quote a question. */
export const fail = (span: Span, type: string): void => {
  span.setAttribute('error.type', type)
  span.setStatus({ code: SpanStatusCode.ERROR })
}
