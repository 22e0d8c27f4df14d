import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import { GatewayError } from '../errors.ts'
import type { RefusedBecause } from '../routing/events.ts'
import { envelopeOf } from './openai/envelope.ts'

/** How long a client may take to read why it is hung up on. */
const LINGER_MS = 2_000

/** Answers what is no HTTP request, or never became one: there is no request to reply to, only a socket. */
export const answerMalformed =
  (refused: (because: RefusedBecause) => void) =>
  (thrown: Error & { code?: string }, socket: Socket): void => {
    if (thrown.code === 'ECONNRESET' || !socket.writable || isAnswering(socket)) {
      socket.destroy()
      return
    }
    const [because, error] = reasonOf(thrown.code)
    refused(because)
    const body = JSON.stringify(envelopeOf(error))
    const head = [
      `HTTP/1.1 ${error.status} ${STATUS_CODES[error.status]}`,
      'content-type: application/json; charset=utf-8',
      `content-length: ${Buffer.byteLength(body)}`,
      'connection: close',
    ]
    socket.setTimeout(LINGER_MS, () => socket.destroy())
    socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy())
  }

const reasonOf = (code: string | undefined): [RefusedBecause, GatewayError] => {
  switch (code) {
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return ['timeout', new GatewayError('request_timeout', 'The request did not arrive in time.')]
    case 'HPE_HEADER_OVERFLOW':
      return [
        'headers',
        new GatewayError('headers_too_large', 'The headers are larger than is accepted here.'),
      ]
    default:
      return ['malformed', new GatewayError('invalid_request', 'This is no HTTP request that can be read.')]
  }
}

/** An answer that is under way must not get another in its middle. Node's own handler looks at the same field. */
const isAnswering = (socket: Socket & { _httpMessage?: { headersSent: boolean } | null }) =>
  socket._httpMessage?.headersSent === true
