import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Account } from '../routing/events.ts'

type Note = Partial<Omit<Account, 'requestId' | 'endpoint' | 'status' | 'totalMs'>>

const notes = new WeakMap<FastifyRequest, Note>()

/** Whoever learns something of a request on its way writes it down here; it is told once, at the end. */
export const note = (request: FastifyRequest, part: Note): void => {
  notes.set(request, { ...notes.get(request), ...part })
}

/** The request as a whole. Its endpoint is the route's name, never what a client wrote. */
export const accountOf = (request: FastifyRequest, reply: FastifyReply): Account => ({
  requestId: request.id,
  client: undefined,
  endpoint: request.routeOptions.url?.replace(/^\/v1\//, '') ?? 'none',
  status: reply.raw.headersSent ? reply.statusCode : 499,
  totalMs: reply.elapsedTime,
  ms: reply.elapsedTime,
  stream: false,
  question: '',
  tried: [],
  overheadMs: undefined,
  decision: undefined,
  expert: undefined,
  error: undefined,
  outcome: undefined,
  tokens: undefined,
  traceId: undefined,
  ...notes.get(request),
})
