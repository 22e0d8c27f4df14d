import type { IncomingMessage } from 'node:http'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { GatewayError } from '../errors.ts'
import { overloaded } from './admission.ts'
import type { Limits } from './limits.ts'

/** What a body became: its bytes, or why there are none. */
type Received = Buffer | GatewayError

export type Bodies = {
  /** Refuses what can be told from the headers alone, before the client has sent more. */
  check(request: FastifyRequest, reply: FastifyReply): void
  /** A parser for Fastify. Its value is read with `bytesOf`. */
  read(request: FastifyRequest, payload: IncomingMessage, done: (error: null, body: Received) => void): void
  /** When the request is over: its bytes are held until then, as another expert may be asked with them. */
  release(request: FastifyRequest): void
  held(): number
}

/** How many bytes a request may fill. */
const RESERVED = Symbol('reserved')
type Holding = FastifyRequest & { [RESERVED]?: number }

const NOTHING: Buffer = Buffer.alloc(0)
const FIRST_BYTES = 64 * 1024

/**
 * Receives bodies into one growing buffer each: kept chunk by chunk, ten megabytes in pieces of one byte would take a
 * gigabyte. What all of them hold together is bounded too.
 */
export const createBodies = (
  { bodyBytes, bodiesBytes }: Pick<Limits, 'bodyBytes' | 'bodiesBytes'>,
  onFull: () => void,
): Bodies => {
  let held = 0

  const release = (request: Holding) => {
    held -= request[RESERVED] ?? 0
    request[RESERVED] = 0
  }
  const reserve = (request: Holding, bytes: number): boolean => {
    const more = bytes - (request[RESERVED] ?? 0)
    if (held + more > bodiesBytes) return false
    held += more
    request[RESERVED] = bytes
    return true
  }
  /** A buffer with room for so many bytes, or why there is none. */
  const grown = (request: FastifyRequest, buffer: Buffer, needed: number): Received => {
    if (needed > bodyBytes) return tooLarge(bodyBytes)
    if (needed <= buffer.length) return buffer
    const size = capacityFor(needed, lengthOf(request), bodyBytes)
    if (!reserve(request, size)) {
      onFull()
      return overloaded()
    }
    const larger = Buffer.allocUnsafeSlow(size)
    buffer.copy(larger)
    return larger
  }
  return {
    check(request, reply) {
      const { 'content-encoding': encoding, expect } = request.headers
      if (encoding !== undefined && encoding.toLowerCase() !== 'identity') throw compressed(encoding)
      if (lengthOf(request) > bodyBytes) throw tooLarge(bodyBytes)
      if (expect !== undefined) reply.raw.writeContinue()
    },
    read(request, payload, done) {
      let buffer = NOTHING
      let size = 0
      const finish = (received: Received) => {
        payload.off('data', take).off('end', end).off('error', left)
        // The rest runs into nothing: hung up on while it still sends, a client would never read why.
        payload.on('error', () => undefined).resume()
        // What was held goes now, not when the last listener does.
        buffer = NOTHING
        if (received instanceof GatewayError) release(request)
        done(null, received)
      }
      const take = (chunk: Buffer) => {
        // Most bodies are one chunk, which is as long as was announced and nobody else's.
        if (size === 0 && isWhole(request, chunk) && reserve(request, chunk.length)) {
          buffer = chunk
          size = chunk.length
          return
        }
        const room = grown(request, buffer, size + chunk.length)
        if (room instanceof GatewayError) return finish(room)
        buffer = room
        size += chunk.copy(buffer, size)
      }
      const end = () => finish(buffer.subarray(0, size))
      const left = (cause: unknown) => finish(new GatewayError('client_left', 'The client left.', { cause }))
      payload.on('data', take).on('end', end).on('error', left)
    },
    release,
    held: () => held,
  }
}

/**
 * The body of a request whose scope reads bodies. A refusal is thrown here and not by the parser, for whom Fastify
 * would close the connection under a client that is still sending.
 */
export const bytesOf = ({ body }: FastifyRequest): Buffer => {
  if (body instanceof GatewayError) throw body
  return Buffer.isBuffer(body) ? body : NOTHING
}

/** As long as the client says, if it has sent a good part of that or it is little; else a multiple of what is needed. */
const capacityFor = (needed: number, announced: number, most: number) => {
  const multiple = needed * (needed <= LITTLE_BYTES ? 4 : 2)
  return Math.max(needed, Math.min(announced || most, Math.max(FIRST_BYTES, multiple)))
}

const LITTLE_BYTES = 512 * 1024

/** Larger ones are copied as they come: nobody knows what else would be kept with them. */
const isWhole = (request: FastifyRequest, chunk: Buffer) =>
  chunk.length <= FIRST_BYTES &&
  chunk.length === lengthOf(request) &&
  chunk.buffer.byteLength <= 2 * chunk.length

const lengthOf = ({ headers }: FastifyRequest) => Number(headers['content-length'] ?? 0)

const tooLarge = (bytes: number) =>
  new GatewayError(
    'body_too_large',
    `The body is larger than the ${Math.floor(bytes / 1024 / 1024)} MB that this gateway accepts.`,
  )

const compressed = (encoding: string) =>
  new GatewayError(
    'unsupported_media_type',
    `A body compressed with ${encoding.slice(0, 20)} is not read here: send it as it is, without content-encoding.`,
  )
