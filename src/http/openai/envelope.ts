import type { FastifyReply, FastifyRequest } from 'fastify'
import { GatewayError, toGatewayError, traceOf } from '../../errors.ts'
import { note } from '../account.ts'

type Envelope = {
  error: {
    message: string
    type: string
    param: string | null
    code: string
    causes?: readonly { expert: string; code: string; message: string }[]
  }
}

/** Any error in the shape that OpenAI's clients read. */
export const envelopeOf = (error: GatewayError): Envelope => ({
  error: {
    message: error.message,
    type: error.type,
    param: error.details.param || null,
    code: error.code,
    ...(error.details.causes === undefined ? {} : { causes: error.details.causes }),
  },
})

/** Fastify's own complaints, in the words of the catalogue. */
export const fromFastify = (thrown: unknown): GatewayError => {
  const code = (thrown as { code?: unknown } | null)?.code
  switch (code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return new GatewayError('body_too_large', 'The body is larger than this gateway accepts.', {
        cause: thrown,
      })
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return new GatewayError(
        'unsupported_media_type',
        'Send JSON with the header content-type: application/json (curl: -H "content-type: application/json").',
        { cause: thrown },
      )
    default:
      return isClientsFault(thrown)
        ? new GatewayError('invalid_request', 'The request cannot be read.', { cause: thrown })
        : toGatewayError(thrown)
  }
}

const isClientsFault = (thrown: unknown) => {
  const { code, statusCode } = (thrown ?? {}) as { code?: unknown; statusCode?: unknown }
  return String(code).startsWith('FST_') && Number(statusCode) >= 400 && Number(statusCode) < 500
}

export const sendError = (request: FastifyRequest, reply: FastifyReply, thrown: unknown) => {
  const error = fromFastify(thrown)
  const { retryAfterMs, body } = error.details
  note(request, { error: error.code })
  if (error.status >= 500 && error.code === 'internal')
    request.log.error({ requestId: request.id, problem: traceOf(error) }, 'request failed')
  if (error.status === 401) void reply.header('www-authenticate', 'Bearer')
  if (retryAfterMs !== undefined) {
    const [seconds, ms] = [Math.ceil(retryAfterMs / 1000), Math.ceil(retryAfterMs)]
    void reply.headers({ 'retry-after': String(seconds), 'retry-after-ms': String(ms) })
  }
  const shouldRetry = error.details.shouldRetry ?? (error.code === 'loop_detected' ? false : undefined)
  if (shouldRetry !== undefined) void reply.header('x-should-retry', String(shouldRetry))
  void reply.code(error.status).header('content-type', 'application/json; charset=utf-8')
  return reply.send(isEnvelope(body) ? Buffer.from(body) : JSON.stringify(envelopeOf(error)))
}

/** An expert's error that is in the envelope already reaches the client word for word. */
const isEnvelope = (body: Uint8Array | undefined): body is Uint8Array => {
  if (body === undefined) return false
  try {
    const error: unknown = JSON.parse(Buffer.from(body).toString('utf8'))?.error
    return error !== null && typeof error === 'object' && 'message' in error
  } catch {
    return false
  }
}
