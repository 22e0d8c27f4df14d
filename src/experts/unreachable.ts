import { describe, GatewayError } from '../errors.ts'
import { withoutSecrets } from './rejection.ts'

/**
 * A connection that could not be made or was lost. The error's own words name addresses inside the operator's network,
 * which are for the log; a client is told of what kind it was.
 */
export const unreachable = (what: string, secrets: readonly string[], cause: unknown): GatewayError =>
  new GatewayError('expert_unavailable', `${what} cannot be reached: ${kindOf(codeIn(cause))}.`, {
    cause,
    inLog: `${what} cannot be reached: ${withoutSecrets(describe(cause), secrets)}.`,
  })

const kinds: readonly (readonly [code: RegExp, kind: string])[] = [
  [/^ECONNREFUSED$/, 'it refuses the connection'],
  [/TIMEDOUT$|TIMEOUT$/, 'the connection timed out'],
  [/^ENOTFOUND$/, 'there is no such host'],
  [/^EAI_/, 'its name cannot be looked up'],
  [/^E(?:HOST|NET)UNREACH$/, 'there is no way to its host'],
  [/CERT|SIGNATURE|ISSUER|^ERR_TLS_/, 'its certificate is not accepted'],
  [/^ERR_SSL_|^EPROTO$/, 'TLS cannot be agreed on'],
  [/^HPE_|^UND_ERR_(?:HEADERS_OVERFLOW|RES_)|^ERR_HTTP/, 'what it says is no proper HTTP'],
  [/^ECONNRESET$|^EPIPE$|^UND_ERR_SOCKET$/, 'the connection was lost'],
]

const kindOf = (code: string) => kinds.find(([pattern]) => pattern.test(code))?.[1] ?? 'the connection failed'

/** What the system calls it; libraries wrap it in errors of their own. */
const codeIn = (thrown: unknown): string => {
  if (!(thrown instanceof Error)) return ''
  const inner = codeIn(thrown.cause)
  return inner === '' && 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : inner
}
