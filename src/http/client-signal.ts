import type { FastifyReply } from 'fastify'

/**
 * Aborts when the client leaves before its answer is complete. Listens to the response: the request's own `close`
 * fires as soon as a POST body has been read, the client still waiting.
 */
export const clientSignal = (reply: FastifyReply): AbortSignal => {
  const controller = new AbortController()
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) controller.abort()
  })
  return controller.signal
}
