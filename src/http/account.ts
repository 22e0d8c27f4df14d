import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Account } from '../routing/events.ts'

type Notes = { -readonly [Name in keyof Account]: Account[Name] }

/** On the request itself: of a weak map the collector would look through every entry, every time. */
const NOTES = Symbol('notes')
type Noted = FastifyRequest & { [NOTES]?: Notes }

/** Whoever learns something of a request on its way writes it down here; it is told once, at the end. */
export const notesOf = (request: Noted): Notes => {
  request[NOTES] ??= {
    requestId: request.id,
    client: undefined,
    endpoint: '',
    stream: false,
    status: 0,
    ms: -1,
    totalMs: -1,
    overheadMs: undefined,
    encodeMs: undefined,
    question: '',
    questionHash: undefined,
    decision: undefined,
    expert: undefined,
    tried: [],
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

/** The request as a whole, when it is over. Its endpoint is the route's name, never what a client wrote. */
export const accountOf = (request: FastifyRequest, reply: FastifyReply): Account => {
  const notes = notesOf(request)
  notes.endpoint = endpointOf(request.routeOptions.url ?? 'none')
  notes.status = reply.raw.headersSent ? reply.statusCode : 499
  notes.totalMs = reply.elapsedTime
  if (notes.ms < 0) notes.ms = notes.totalMs
  return notes
}

const endpointOf = (url: string) => (url.startsWith('/v1/') ? url.slice('/v1/'.length) : url)
