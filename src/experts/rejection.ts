import type { Dispatcher } from 'undici'
import { type ErrorCode, GatewayError } from '../errors.ts'

const MAX_ERROR_BYTES = 256 * 1024

/** An expert's refusal as an error of ours: whose fault it is decides whether another expert is asked. */
export const rejection = async (
  what: string,
  { statusCode, headers, body }: Dispatcher.ResponseData,
): Promise<GatewayError> => {
  const code = codeFor(statusCode)
  const retryAfterMs = retryAfter(headers['retry-after'])
  const bytes = await readSome(body)
  return new GatewayError(code, `${what} answered ${statusCode}.`, {
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    ...(code === 'expert_rejected' ? { status: statusCode } : {}),
    body: bytes,
    upstreamStatus: statusCode,
  })
}

export const codeFor = (status: number): ErrorCode => {
  if (status === 401 || status === 403) return 'expert_unauthorized'
  if (status === 429) return 'expert_rate_limited'
  if (status === 408 || status === 425 || status >= 500) return 'expert_unavailable'
  // A redirect is not followed: it could lead the key to another host.
  return status >= 400 ? 'expert_rejected' : 'expert_invalid_response'
}

/** Seconds, or a date. */
const retryAfter = (value: string | string[] | undefined): number | undefined => {
  const text = Array.isArray(value) ? value[0] : value
  if (text === undefined) return undefined
  const seconds = Number(text)
  const ms = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(text) - Date.now()
  return Number.isNaN(ms) ? undefined : Math.max(0, ms)
}

const readSome = async (body: AsyncIterable<Buffer>): Promise<Buffer> => {
  const chunks: Buffer[] = []
  let size = 0
  try {
    for await (const chunk of body) {
      chunks.push(chunk)
      size += chunk.length
      if (size > MAX_ERROR_BYTES) break
    }
  } catch {
    // The status says enough.
  }
  return Buffer.concat(chunks).subarray(0, MAX_ERROR_BYTES)
}
