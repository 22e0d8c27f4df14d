import { expect, test } from 'vitest'
import { unreachable } from '../../src/experts/unreachable.ts'

const coded = (code: string, cause?: unknown) =>
  Object.assign(new Error(`${code} 10.0.0.3:8000`, { cause }), { code })

test.each([
  ['ECONNREFUSED', 'it refuses the connection'],
  ['ETIMEDOUT', 'the connection timed out'],
  ['UND_ERR_CONNECT_TIMEOUT', 'the connection timed out'],
  ['ECONNRESET', 'the connection was lost'],
  ['UND_ERR_SOCKET', 'the connection was lost'],
  ['ENOTFOUND', 'there is no such host'],
  ['EAI_AGAIN', 'its name cannot be looked up'],
  ['EHOSTUNREACH', 'there is no way to its host'],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'its certificate is not accepted'],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'its certificate is not accepted'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'its certificate is not accepted'],
  ['ERR_SSL_WRONG_VERSION_NUMBER', 'TLS cannot be agreed on'],
  ['HPE_INVALID_CONSTANT', 'what it says is no proper HTTP'],
  ['E_NOBODY_KNOWS', 'the connection failed'],
])('a client is told what %s means, and the log what was said', (code, kind) => {
  const error = unreachable('Expert "a"', ['secret'], new Error('secret fetch', { cause: coded(code) }))
  expect(error.message).toBe(`Expert "a" cannot be reached: ${kind}.`)
  expect(error.details.inLog).toBe(`Expert "a" cannot be reached: [key] fetch (${code} 10.0.0.3:8000).`)
})

test('what the parser of HTTP finds has no code, and is known by its name', () => {
  const cause = Object.assign(new Error('Expected HTTP/'), { name: 'HTTPParserError', code: undefined })
  expect(unreachable('It', [], cause).message).toBe('It cannot be reached: what it says is no proper HTTP.')
})

test('what is no error is of no kind', () => {
  expect(unreachable('It', [], 'down').message).toBe('It cannot be reached: the connection failed.')
})
