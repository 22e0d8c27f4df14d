import { hash } from 'node:crypto'
import type { Access, AccessEntry } from '../../knowledge/access-schema.ts'
import type { Allowed } from '../../routing/allowed.ts'
import type { Limit } from './limits.ts'

export type ApiKey = { readonly name: string; readonly key: string }

/** Whoever holds a key, by the key's name. What is not limited is left out. */
export type Client = {
  readonly name: string
  readonly limit: Limit | undefined
  readonly allowed: Allowed | undefined
}

/** Everybody who is let in, by the digest of the key. Empty, it lets everybody in. */
export type Keyring = ReadonlyMap<string, Client>

export const digestOf = (key: string): string => hash('sha256', key, 'hex')

/** Both sources let in. The same key in both is the map's, so that a limit can be put on it without a restart. */
export const createKeyring = (apiKeys: readonly ApiKey[], access: Access | undefined): Keyring =>
  new Map([
    ...apiKeys.map(({ name, key }): [string, Client] => [
      digestOf(key),
      { name, limit: undefined, allowed: undefined },
    ]),
    ...Object.entries(access ?? {}).map(([name, entry]): [string, Client] => [
      entry.key,
      { name, limit: limitOf(entry), allowed: allowedOf(name, entry) },
    ]),
  ])

/**
 * One hash and one look-up a request, however many keys there are. The time that the look-up takes depends on the
 * digest of what was presented, never on how much of a key was guessed right: to steer a digest towards a stored one is
 * to invert SHA-256, and a stored digest is no secret, it stands in the map.
 */
export const holderOf = (keyring: Keyring, presented: string): Client | undefined =>
  keyring.get(digestOf(presented))

const limitOf = ({ rate, concurrency }: AccessEntry): Limit | undefined =>
  rate === undefined && concurrency === undefined ? undefined : { rate, concurrency }

const allowedOf = (client: string, { experts, tasks }: AccessEntry): Allowed | undefined =>
  experts === undefined && tasks === undefined
    ? undefined
    : { client, experts: experts && new Set(experts), tasks: tasks && new Set(tasks) }
