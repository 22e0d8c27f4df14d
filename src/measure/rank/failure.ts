import { type GatewayError, toGatewayError } from '../../errors.ts'

/** What a failed call means for the questions that are still to be asked. */
export type Failure = {
  readonly kind: /** Nothing more will come of this expert. */
    | 'broken'
    /** Of this question: asking again changes nothing. */
    | 'refused'
    /** Nobody was asked: the breaker is open. */
    | 'busy'
    /** Too many at once. */
    | 'limited'
    /** It may well succeed another time. */
    | 'passing'
  readonly message: string
  readonly retryAfterMs: number | undefined
}

export const failureOf = (thrown: unknown): Failure => {
  const error = toGatewayError(thrown)
  const { upstreamStatus: status, retryAfterMs } = error.details
  const said = saidIn(error)
  return { kind: kindOf(error, status), message: `${hint(error, status)}${said}`, retryAfterMs }
}

const kindOf = (error: GatewayError, status: number | undefined): Failure['kind'] => {
  // 402: the account is empty.
  if (status === 401 || status === 402 || status === 404) return 'broken'
  if (status === 403 || error.code === 'expert_rejected') return 'refused'
  if (error.code === 'expert_busy') return 'busy'
  return error.code === 'expert_rate_limited' ? 'limited' : 'passing'
}

const hint = (error: GatewayError, status: number | undefined): string => {
  if (status === 401)
    return `${error.message} It does not accept its key: set the variable that "key" names in the map.`
  if (status === 404)
    return `${error.message} Its url or its model is not there: see "url" and "model" in the map.`
  return error.details.inLog ?? error.message
}

/** The endpoint's own words, short; a body that quotes the key is never kept. */
const saidIn = ({ details: { body } }: GatewayError): string => {
  if (body === undefined) return ''
  try {
    const value: { error?: { message?: unknown } | string } | null = JSON.parse(
      Buffer.from(body).toString('utf8'),
    )
    const said = typeof value?.error === 'string' ? value.error : value?.error?.message
    if (typeof said !== 'string' || said.trim() === '') return ''
    return ` It says: ${said.replace(/[\p{Cc}\s]+/gu, ' ').slice(0, 200)}`
  } catch {
    return ''
  }
}
