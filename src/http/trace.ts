import type { FastifyRequest } from 'fastify'
import type { Tracing } from '../observe/trace.ts'
import type { Account, Trace } from '../routing/events.ts'
import { note } from './account.ts'

const TRACE = Symbol('trace')
type Traced = FastifyRequest & { [TRACE]?: Trace }

/** A request's trace, while traces are wanted. */
export const traceFor = (request: Traced): Trace | undefined => request[TRACE]

export const beginTrace = (tracing: Tracing, request: Traced): void => {
  const { headers, method, id: requestId, routeOptions } = request
  const trace = tracing.begin({
    method,
    route: routeOptions.url ?? 'none',
    requestId,
    traceparent: headers.traceparent?.toString(),
    tracestate: headers.tracestate?.toString(),
  })
  if (trace === undefined) return
  request[TRACE] = trace
  note(request, { traceId: trace.id })
}

export const endTrace = (request: Traced, account: Account): void => request[TRACE]?.over(account)
