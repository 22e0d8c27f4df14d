import type { FastifyReply, FastifyRequest } from 'fastify'
import { GatewayError } from '../../errors.ts'
import type { Live } from '../../knowledge/live.ts'
import type { TaskMap } from '../../knowledge/task-map.ts'
import type { Serving } from '../../routing/serving.ts'
import { notesOf } from '../account.ts'
import { limitHeaders } from './headers.ts'
import { type ApiKey, type Client, createKeyring, holderOf, type Keyring } from './keyring.ts'
import { type Admission, createLimits, type Limits } from './limits.ts'

export type DoorDeps = {
  readonly live: Live<Serving>
  readonly apiKeys: readonly ApiKey[]
  /** Where the keys' requests are counted; left out, here. */
  readonly keyLimits?: Pick<Limits, 'admit' | 'keep'> | undefined
}

/** Runs before the body is read: who is turned away costs a hash. */
export type Door = (request: FastifyRequest, reply: FastifyReply) => Promise<void> | undefined

const CLIENT = Symbol('client')
type Visited = FastifyRequest & { [CLIENT]?: Client }

/** Who was let in; nobody in particular where there are no keys. */
export const clientOf = (request: Visited): Client | undefined => request[CLIENT]

export const createDoor = ({ live, apiKeys, keyLimits: limits = createLimits() }: DoorDeps): Door => {
  const current = createCurrent(live, apiKeys, limits)
  return (request: Visited, reply) => {
    const keyring = current()
    if (keyring.size === 0) return undefined
    const client = authenticate(keyring, request)
    request[CLIENT] = client
    notesOf(request).client = client.name
    const { name, limit } = client
    return limit && limits.admit(name, limit).then(admission => enter(name, admission, reply))
  }
}

/** The keys of the map that is served now; made anew only when the map is another. */
const createCurrent = (live: Live<Serving>, apiKeys: readonly ApiKey[], limits: Pick<Limits, 'keep'>) => {
  let known: TaskMap | undefined
  let keyring: Keyring = new Map()
  return (): Keyring => {
    const { map } = live.current().snapshot
    if (map === known) return keyring
    known = map
    keyring = createKeyring(apiKeys, map.access)
    limits.keep(new Set([...keyring.values()].map(client => client.name)))
    return keyring
  }
}

const authenticate = (keyring: Keyring, request: FastifyRequest): Client => {
  const token = /^Bearer\s+(\S+)\s*$/i.exec(request.headers.authorization ?? '')?.[1]
  const client = token === undefined ? undefined : holderOf(keyring, token)
  if (client !== undefined) return client
  throw new GatewayError(
    'invalid_api_key',
    'The API key is missing or wrong: send "Authorization: Bearer KEY".',
  )
}

/** A request has its place until its answer is over, a stream's last byte included, or its client has left. */
const enter = (name: string, admission: Admission, reply: FastifyReply) => {
  if (admission.standing !== undefined) void reply.headers(limitHeaders(admission.standing))
  if (!admission.admitted) throw exceeded(name, admission)
  if (reply.raw.closed) admission.release()
  else reply.raw.once('close', admission.release)
}

const exceeded = (name: string, refusal: Extract<Admission, { admitted: false }>) => {
  const { retryAfterMs, standing } = refusal
  const wait = `Try again in ${Math.ceil(retryAfterMs / 1_000)} s.`
  const what =
    refusal.exceeded === 'rate'
      ? `has used up its rate of ${standing?.amount} requests`
      : 'has as many requests running as it may'
  return new GatewayError('rate_limit_exceeded', `The key "${name}" ${what}. ${wait}`, { retryAfterMs })
}
