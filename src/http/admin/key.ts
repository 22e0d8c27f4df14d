import { createHash, timingSafeEqual } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import { GatewayError } from '../../errors.ts'
import { createAttempts } from './attempts.ts'

const digest = (text: string) => createHash('sha256').update(text).digest()

/**
 * Lets in who has the key. Digests are compared, so that the time taken tells nothing about it, and an address that
 * guesses is shut out for a while, the right key included: otherwise it could go on guessing.
 */
export const createAdminDoor = (key: string | undefined, attempts = createAttempts()) => {
  const expected = key === undefined ? undefined : digest(key)
  return ({ headers, ip }: Pick<FastifyRequest, 'headers' | 'ip'>): void => {
    if (expected === undefined) {
      throw new GatewayError('admin_closed', '/admin is closed: set COE_ADMIN_KEY and restart to open it.')
    }
    const waitMs = attempts.waitMs(ip)
    if (waitMs > 0) {
      throw new GatewayError('too_many_attempts', 'Too many wrong keys from this address.', {
        retryAfterMs: waitMs,
      })
    }
    const token = /^Bearer\s+(\S+)\s*$/i.exec(headers.authorization ?? '')?.[1]
    if (token !== undefined && timingSafeEqual(expected, digest(token))) return
    if (token !== undefined) attempts.failed(ip)
    throw new GatewayError(
      'invalid_api_key',
      'The admin key is missing or wrong: send COE_ADMIN_KEY as "Authorization: Bearer KEY".',
    )
  }
}
