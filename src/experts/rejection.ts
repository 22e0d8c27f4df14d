import { type ErrorCode, GatewayError } from '../errors.ts'
import type { Response, ResponseBody, ResponseHeaders } from './exchange.ts'

const MAX_ERROR_BYTES = 256 * 1024
/** The status is here already: for the words beside it nobody is kept waiting. */
const MAX_ERROR_MS = 1_000
/** A wait beyond a day is a fault of the expert's, and no number that a client can read. */
const LONGEST_WAIT_MS = 86_400_000

/** An expert's refusal as an error of ours: whose fault it is decides whether another expert is asked. */
export const rejection = async (
  what: string,
  secrets: readonly string[],
  { statusCode, headers, body }: Response,
): Promise<GatewayError> => {
  const code = codeFor(statusCode)
  const retryAfterMs = retryAfter(headers)
  const shouldRetry = headers['x-should-retry']
  const bytes = await readSome(body)
  return new GatewayError(code, `${what} answered ${statusCode}.`, {
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    ...(shouldRetry === 'true' || shouldRetry === 'false' ? { shouldRetry: shouldRetry === 'true' } : {}),
    ...(code === 'expert_rejected' ? { status: statusCode } : {}),
    ...(quotes(bytes, secrets) ? {} : { body: bytes }),
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

/** Milliseconds where OpenAI's own header gives them; else seconds, or a date. */
const retryAfter = (headers: ResponseHeaders): number | undefined => {
  const exact = Number.parseFloat(String(headers['retry-after-ms']))
  if (exact >= 0) return Math.min(exact, LONGEST_WAIT_MS)
  const value = headers['retry-after']
  const text = Array.isArray(value) ? value[0] : value
  if (text === undefined) return undefined
  const seconds = Number(text)
  const ms = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(text) - Date.now()
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(0, ms), LONGEST_WAIT_MS)
}

/** What came in the time and the size that are granted; half a body is no envelope and goes no further. */
const readSome = async (body: ResponseBody): Promise<Buffer> => {
  const chunks: Buffer[] = []
  let size = 0
  const timer = setTimeout(() => body.destroy(), MAX_ERROR_MS)
  try {
    for await (const chunk of body) {
      chunks.push(chunk)
      size += chunk.length
      if (size > MAX_ERROR_BYTES) break
    }
  } catch {
    // The status says enough.
  } finally {
    clearTimeout(timer)
  }
  return Buffer.concat(chunks).subarray(0, MAX_ERROR_BYTES)
}

/** What an expert is given and nobody else must see: its key, and whatever its URL carries, which is often one too. */
export const secretsOf = (url: URL, key: string | undefined): string[] =>
  [key ?? '', ...url.searchParams.values()].filter(text => text.length > 3)

/** Some experts repeat the key they were given: it is ours, and the client must not see it, escaped or plain. */
const quotes = (body: Buffer, secrets: readonly string[]): boolean => {
  if (secrets.length === 0) return false
  const text = body.toString('utf8')
  const forms = [text, unescaped(text)]
  return secrets.some(secret => forms.some(form => form.includes(secret) || form.includes(inJson(secret))))
}

const inJson = (text: string) => JSON.stringify(text).slice(1, -1)

const unescaped = (text: string): string => {
  try {
    return JSON.stringify(JSON.parse(text))
  } catch {
    return text
  }
}

/** A text for messages and logs, in which no secret stands. */
export const withoutSecrets = (text: string, secrets: readonly string[]): string =>
  secrets.reduce((rest, secret) => rest.replaceAll(secret, '[key]'), text)
