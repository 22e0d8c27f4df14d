/**
 * Everything that can go wrong and how it looks from outside. Nobody else writes a status.
 * `retryable` means: another expert, or the same one later, may well succeed.
 */
const catalogue = {
  invalid_request: { status: 400, type: 'invalid_request_error', retryable: false },
  body_too_large: { status: 413, type: 'invalid_request_error', retryable: false },
  headers_too_large: { status: 431, type: 'invalid_request_error', retryable: false },
  request_timeout: { status: 408, type: 'invalid_request_error', retryable: false },
  unsupported_media_type: { status: 415, type: 'invalid_request_error', retryable: false },
  invalid_api_key: { status: 401, type: 'authentication_error', retryable: false },
  /** The key is known, and what it asks for is not for it. */
  not_allowed: { status: 403, type: 'permission_error', retryable: false },
  /** The client has used up what its key is given. */
  rate_limit_exceeded: { status: 429, type: 'rate_limit_error', retryable: true },
  model_not_found: { status: 404, type: 'invalid_request_error', retryable: false },
  /** The gateway's own side is shut: nobody has set a key for it. */
  admin_closed: { status: 403, type: 'permission_error', retryable: false },
  too_many_attempts: { status: 429, type: 'rate_limit_error', retryable: false },
  /** A change must say which version it was made from. */
  version_missing: { status: 428, type: 'invalid_request_error', retryable: false },
  /** Somebody else has changed it meanwhile. */
  version_changed: { status: 412, type: 'invalid_request_error', retryable: false },
  /** A map or a context that must not be served as it is. */
  not_usable: { status: 422, type: 'invalid_request_error', retryable: false },
  /** A file of the user's that the gateway may not or cannot write. */
  not_writable: { status: 409, type: 'invalid_request_error', retryable: false },
  not_found: { status: 404, type: 'invalid_request_error', retryable: false },
  loop_detected: { status: 508, type: 'invalid_request_error', retryable: false },
  /** The expert understood and refused: the client's request is at fault, no other expert is asked. */
  expert_rejected: { status: 400, type: 'invalid_request_error', retryable: false },
  /** The expert does not accept the gateway's own key: our fault, never the client's. */
  expert_unauthorized: { status: 502, type: 'api_error', retryable: true },
  expert_rate_limited: { status: 429, type: 'rate_limit_error', retryable: true },
  expert_unavailable: { status: 502, type: 'api_error', retryable: true },
  expert_invalid_response: { status: 502, type: 'api_error', retryable: true },
  expert_timeout: { status: 504, type: 'api_error', retryable: true },
  expert_truncated: { status: 502, type: 'api_error', retryable: false },
  /** The gateway itself has more to do than it can. */
  overloaded: { status: 503, type: 'api_error', retryable: true },
  /** The gateway did not even try: breaker open, queue full, or the expert is being drained. */
  expert_busy: { status: 503, type: 'api_error', retryable: true },
  experts_failed: { status: 502, type: 'api_error', retryable: false },
  client_left: { status: 499, type: 'invalid_request_error', retryable: false },
  retrieval_failed: { status: 503, type: 'api_error', retryable: true },
  internal: { status: 500, type: 'api_error', retryable: false },
} as const

export type ErrorCode = keyof typeof catalogue

export type ErrorDetails = {
  cause?: unknown
  /** The request's field at fault, for OpenAI's envelope. */
  param?: string
  /** What the log says in place of the message: with what is not for clients, such as addresses. */
  inLog?: string
  /** Overrides the catalogue's status: an expert's own 404, say, or the worst of several causes. */
  status?: number
  /** What the other side asked us to wait, in milliseconds. */
  retryAfterMs?: number
  /** The other side's own word on whether the same request may succeed later. */
  shouldRetry?: boolean
  /** The status an expert answered with, for a client that asked for that very expert. */
  upstreamStatus?: number
  /** An expert's own error body, relayed when it is already in OpenAI's envelope. */
  body?: Uint8Array
  /** The failures behind this one, one an expert. */
  causes?: readonly { expert: string; code: string; message: string }[]
}

export class GatewayError extends Error {
  readonly code: ErrorCode
  readonly status: number
  readonly type: string
  readonly retryable: boolean
  readonly details: ErrorDetails

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.name = 'GatewayError'
    const entry = catalogue[code]
    this.code = code
    this.status = details.status ?? entry.status
    this.type = entry.type
    this.retryable = entry.retryable
    this.details = details
  }
}

export const toGatewayError = (thrown: unknown): GatewayError =>
  thrown instanceof GatewayError
    ? thrown
    : new GatewayError('internal', 'The gateway failed in a way it does not know.', { cause: thrown })

/** A short text of anything thrown, causes included, for logs and messages. */
export const describe = (thrown: unknown): string => {
  if (!(thrown instanceof Error)) return String(thrown)
  const cause = thrown.cause === undefined ? '' : ` (${describe(thrown.cause)})`
  const code = 'code' in thrown && typeof thrown.code === 'string' && !(thrown instanceof GatewayError)
  return `${thrown.message || (code ? String(thrown.code) : thrown.name)}${cause}`
}

/**
 * What was thrown and where, for the log of what nobody expected. Quotations are left out: a parser's message repeats
 * the text it stumbled over, which may be a question or a key. So are all fields but the code.
 */
export const traceOf = (thrown: unknown): string => {
  if (!(thrown instanceof Error)) return `a thrown ${typeof thrown}`
  const message = thrown.message.replace(/"[\s\S]*"/g, '"…"').slice(0, 300)
  const code = 'code' in thrown && typeof thrown.code === 'string' ? ` [${thrown.code}]` : ''
  const frames = (thrown.stack ?? '').split('\n').filter(line => /^ {4}at /.test(line))
  const cause = thrown.cause === undefined ? '' : `\ncaused by ${traceOf(thrown.cause)}`
  return `${[`${thrown.name}${code}: ${message}`, ...frames].join('\n')}${cause}`
}
