import { describe, GatewayError } from '../errors.ts'
import { withoutSecrets } from './rejection.ts'

/**
 * A connection that could not be made or was lost. The error's own words name addresses inside the operator's network,
 * which are for the log; a client is told of what kind it was.
 */
export const unreachable = (what: string, secrets: readonly string[], cause: unknown): GatewayError =>
  new GatewayError('expert_unavailable', `${what} cannot be reached: ${kindOf(cause)}.`, {
    cause,
    inLog: `${what} cannot be reached: ${withoutSecrets(describe(cause), secrets)}.`,
  })

const kinds: readonly (readonly [name: RegExp, kind: string])[] = [
  [/^ECONNREFUSED$/, 'it refuses the connection'],
  [/TIMEDOUT$|TIMEOUT$/, 'the connection timed out'],
  [/^ENOTFOUND$/, 'there is no such host'],
  [/^EAI_/, 'its name cannot be looked up'],
  [/^E(?:HOST|NET)UNREACH$/, 'there is no way to its host'],
  [/CERT|SIGNATURE|ISSUER|^ERR_TLS_/, 'its certificate is not accepted'],
  [/^ERR_SSL_|^EPROTO$/, 'TLS cannot be agreed on'],
  [/^HPE_|^HTTPParserError$|^UND_ERR_(?:HEADERS_OVERFLOW|RES_)|^ERR_HTTP/, 'what it says is no proper HTTP'],
  [/^ECONNRESET$|^EPIPE$|^UND_ERR_SOCKET$/, 'the connection was lost'],
]

const kindOf = (cause: unknown) => {
  const names = namesOf(cause)
  return kinds.find(([pattern]) => names.some(name => pattern.test(name)))?.[1] ?? 'the connection failed'
}

/** What the system calls it, or the library that has wrapped it in an error of its own. */
const namesOf = (thrown: unknown): string[] =>
  thrown instanceof Error
    ? ['code' in thrown ? String(thrown.code) : '', thrown.name, ...namesOf(thrown.cause)]
    : []
