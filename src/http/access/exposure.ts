import { BlockList, isIP } from 'node:net'
import type { Access } from '../../knowledge/access-schema.ts'
import type { ApiKey } from './keyring.ts'

export type Exposure = {
  readonly host: string
  readonly insecure: boolean
  readonly apiKeys: readonly ApiKey[]
}

const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8, 'ipv4')
loopback.addAddress('::1', 'ipv6')

/** A name is taken for an address that others can reach, unless it is the one that every machine gives itself. */
const isLoopback = (host: string) => {
  const version = isIP(host)
  if (version === 0) return host.toLowerCase() === 'localhost'
  return loopback.check(host, version === 4 ? 'ipv4' : 'ipv6')
}

/** Why a map must not be served where others can reach it: without a key everybody could use the experts' keys. */
export const exposureProblem = (
  { host, insecure, apiKeys }: Exposure,
  access: Access | undefined,
): string | undefined =>
  insecure || isLoopback(host) || apiKeys.length > 0 || access !== undefined
    ? undefined
    : `Others can reach ${host}, and there is no key to keep them out. Set COE_API_KEYS=name:key, or put a key under "access" in the map (coe-ops key new NAME makes one), or listen on 127.0.0.1. To let everybody in: --insecure, or COE_INSECURE=true.`
