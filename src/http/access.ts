import { createHash, timingSafeEqual } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import { GatewayError } from '../errors.ts'

export type ApiKey = { readonly name: string; readonly key: string }

export type Door = (request: FastifyRequest) => void

const digest = (text: string) => createHash('sha256').update(text).digest()

/** Without keys everybody is let in. Digests are compared, so that the time taken tells nothing about a key. */
export const createDoor = (keys: readonly ApiKey[]): Door => {
  const digests = keys.map(({ key }) => digest(key))
  return request => {
    if (digests.length === 0) return
    const token = /^Bearer\s+(\S+)\s*$/i.exec(request.headers.authorization ?? '')?.[1]
    const given = digest(token ?? '')
    let known = false
    for (const expected of digests) known = timingSafeEqual(expected, given) || known
    if (token === undefined || !known) {
      throw new GatewayError(
        'invalid_api_key',
        'The API key is missing or wrong: send "Authorization: Bearer KEY".',
      )
    }
  }
}
