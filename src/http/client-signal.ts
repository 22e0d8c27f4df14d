import type { IncomingMessage, ServerResponse } from 'node:http'
import type { FastifyReply } from 'fastify'
import { GatewayError } from '../errors.ts'
import { Leaving } from '../resilience/signal.ts'

/**
 * Aborts when the client leaves before its answer is complete. Listens to the response: the request's own `close`
 * fires as soon as a POST body has been read, the client still waiting.
 */
export const clientSignal = (reply: FastifyReply): AbortSignal => {
  const signal = new Leaving()
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) signal.leave(new GatewayError('client_left', 'The client left.'))
  })
  return signal
}

/**
 * A client may send its next request before it has the answer to the last. Node tells such a response of its
 * connection's end only when its turn has come, which is then never: it would not be over, nor its place given back.
 */
export const closeWithConnection = ({ socket }: IncomingMessage, response: ServerResponse) => {
  if (response.socket !== null) return
  const gone = () => {
    if (response.socket === null && !response.writableFinished) response.emit('close')
  }
  // As many may wait as a client cares to send.
  socket.setMaxListeners(0).once('close', gone)
  response.once('close', () => socket.removeListener('close', gone))
}
