import type { FastifyRequest } from 'fastify'
import type { Tracing } from '../observe/trace.ts'
import type { Account, Trace } from '../routing/events.ts'
import { note } from './account.ts'

const traces = new WeakMap<FastifyRequest, Trace>()

/** A request's trace, while traces are wanted. */
export const traceFor = (request: FastifyRequest): Trace | undefined => traces.get(request)

export const beginTrace = (tracing: Tracing, request: FastifyRequest): void => {
  const { headers, method, id: requestId, routeOptions } = request
  const trace = tracing.begin({
    method,
    route: routeOptions.url ?? 'none',
    requestId,
    traceparent: headers.traceparent?.toString(),
    tracestate: headers.tracestate?.toString(),
  })
  if (trace === undefined) return
  traces.set(request, trace)
  note(request, { traceId: trace.id })
}

export const endTrace = (request: FastifyRequest, account: Account): void =>
  traces.get(request)?.over(account)
