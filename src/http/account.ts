import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Account } from '../routing/events.ts'

type Notes = {
  -readonly [Name in Exclude<keyof Account, 'requestId' | 'endpoint' | 'status' | 'totalMs'>]: Account[Name]
}

/** On the request itself: of a weak map the collector would look through every entry, every time. */
const NOTES = Symbol('notes')
type Noted = FastifyRequest & { [NOTES]?: Notes }

/** Whoever learns something of a request on its way writes it down here; it is told once, at the end. */
export const notesOf = (request: Noted): Notes => {
  request[NOTES] ??= {
    client: undefined,
    ms: -1,
    stream: false,
    question: '',
    questionHash: undefined,
    tried: [],
    overheadMs: undefined,
    decision: undefined,
    expert: undefined,
    error: undefined,
    outcome: undefined,
    tokens: undefined,
    traceId: undefined,
  }
  return request[NOTES]
}

/** Several at once, where it is not done for every request. */
export const note = (request: FastifyRequest, part: Partial<Notes>): void => {
  Object.assign(notesOf(request), part)
}

/** The request as a whole. Its endpoint is the route's name, never what a client wrote. */
export const accountOf = (request: FastifyRequest, reply: FastifyReply): Account => {
  const notes = notesOf(request)
  const totalMs = reply.elapsedTime
  return {
    client: notes.client,
    stream: notes.stream,
    question: notes.question,
    questionHash: notes.questionHash,
    tried: notes.tried,
    overheadMs: notes.overheadMs,
    decision: notes.decision,
    expert: notes.expert,
    error: notes.error,
    outcome: notes.outcome,
    tokens: notes.tokens,
    traceId: notes.traceId,
    requestId: request.id,
    endpoint: endpointOf(request.routeOptions.url ?? 'none'),
    status: reply.raw.headersSent ? reply.statusCode : 499,
    totalMs,
    ms: notes.ms < 0 ? totalMs : notes.ms,
  }
}

const endpointOf = (url: string) => (url.startsWith('/v1/') ? url.slice('/v1/'.length) : url)
