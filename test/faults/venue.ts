import { type ClientRequest, request } from 'node:http'
import { mapOf, type RunningGateway, remote, startGateway } from '../support/gateway.ts'
import { goodAnswer } from './bytes.ts'
import { type FaultyExpert, startFaulty } from './faulty-expert.ts'
import type { Place, Row } from './row.ts'
import { selfSigned } from './self-signed.ts'

/** In every key: it must never be seen outside. */
export const KEY = 'planted-key'

/** Every place where an expert of the table can be. */
export type Servers = Readonly<Record<Exclude<Place, 'nobody' | 'no such name'>, FaultyExpert>> & {
  /** Where redirects lead. */
  readonly elsewhere: FaultyExpert
  [Symbol.asyncDispose](): Promise<void>
}

export const startServers = async (): Promise<Servers> => {
  const tls = selfSigned('127.0.0.1')
  const [scripted, certified, plain, mute, closing, elsewhere] = await Promise.all([
    startFaulty(),
    startFaulty({ tls }),
    startFaulty({ onConnect: socket => void socket.end('HTTP/1.1 400 Bad Request\r\n\r\n') }),
    startFaulty({ onConnect: () => undefined }),
    startFaulty({ onConnect: socket => void socket.destroy() }),
    startFaulty(),
  ])
  scripted.play('healthy', call => call.finish(goodAnswer(call.stream, 'healthy')))
  return {
    scripted,
    elsewhere,
    'behind an unknown certificate': certified,
    'TLS where none is expected': certified,
    'no TLS there': plain,
    'TLS that is never agreed on': mute,
    'hangs up on everybody': closing,
    async [Symbol.asyncDispose]() {
      await Promise.all([scripted, certified, plain, mute, closing, elsewhere].map(server => server.close()))
    },
  }
}

/** Too long for a name: it fails at once and never leaves the machine, whatever the network. */
const NO_SUCH_NAME = `http://${'x'.repeat(64)}.invalid/v1`

const placed = [
  'scripted',
  'behind an unknown certificate',
  'no TLS there',
  'TLS that is never agreed on',
  'hangs up on everybody',
] as const

const urlOf = (servers: Servers, place: Place, expert: string): string => {
  if (place === 'nobody') return 'http://127.0.0.1:1/v1'
  if (place === 'no such name') return NO_SUCH_NAME
  const url = servers[place].url(expert)
  if (place === 'TLS where none is expected') return url.replace('https:', 'http:')
  return place === 'no TLS there' || place === 'TLS that is never agreed on'
    ? url.replace('http:', 'https:')
    : url
}

/** Wherever an expert is: no client is to learn of it. */
export const addressesOf = (servers: Servers): string[] => [
  '127.0.0.1',
  new URL(NO_SUCH_NAME).hostname,
  ...placed.map(place => `:${new URL(servers[place].url('x')).port}`),
]

/** A healthy expert comes after the faulty one, it is the only one, or the client names it. */
export const companies = ['second', 'alone', 'pinned'] as const
export type Company = (typeof companies)[number]

/** Each row has an expert for each company, so that no breaker knows of the others. */
export const expertOf = (row: Row, company: Company) => `${row.id}.${company}`

export const modelOf = (row: Row, company: Company) =>
  `${company === 'pinned' ? 'expert' : 'task'}/${expertOf(row, company)}`

/** One gateway for all of them. */
export const gatewayFor = (servers: Servers, rows: readonly Row[]): Promise<RunningGateway> => {
  const experts: Record<string, object> = { healthy: remote(servers.scripted.url('healthy'), { key: KEY }) }
  const tasks: Record<string, object> = {}
  for (const row of rows) {
    for (const company of companies) {
      const id = expertOf(row, company)
      experts[id] = remote(urlOf(servers, row.place, id), { key: KEY, ...row.limits })
      tasks[id] = { experts: company === 'second' ? [id, 'healthy'] : [id] }
      if (row.script !== undefined) servers.scripted.play(id, row.script)
    }
  }
  const { unknown: _, ...map } = mapOf(experts)
  return startGateway({ ...map, tasks: { ...map.tasks, ...tasks } })
}

export type Seen = {
  readonly status: number
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly bytes: Buffer
}

export type Asked = {
  readonly model: string
  readonly stream: boolean
  readonly requestId: string
  readonly text?: string
}

/** A client that reads bytes, and tells the experts what it has. */
export const askFor = (gateway: RunningGateway, servers: Servers, asked: Asked): Promise<Seen> => {
  const { model, stream, requestId, text = 'disk is full' } = asked
  const headers = { 'content-type': 'application/json', 'x-request-id': requestId }
  const body = JSON.stringify({ model, stream, messages: [{ role: 'user', content: text }] })
  const sent = request(`${gateway.url}/v1/chat/completions`, { method: 'POST', headers, agent: false })
  sent.end(body)
  return readAll(sent, bytes => servers.scripted.saw(requestId, bytes))
}

/** Over a connection of its own, which is gone afterwards. */
export const get = (url: string) => readAll(request(url, { agent: false }).end())

const readAll = (sent: ClientRequest, onBytes: (bytes: Buffer) => void = () => undefined): Promise<Seen> =>
  new Promise((resolve, reject) => {
    sent.on('error', reject).on('response', response => {
      let bytes: Buffer = Buffer.alloc(0)
      response.on('data', data => {
        bytes = Buffer.concat([bytes, data])
        onBytes(bytes)
      })
      response.on('error', reject)
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers as Seen['headers'], bytes }),
      )
    })
  })

/** Waits for what must come about by itself, without a word from anybody, and says what did not. */
export const comesAbout = async (what: () => unknown, withinMs = 30_000): Promise<void> => {
  const began = performance.now()
  for (;;) {
    const missing = what()
    if (missing === undefined) return
    if (performance.now() - began > withinMs) throw new Error(`Still not so: ${JSON.stringify(missing)}`)
    await new Promise(resolve => setTimeout(resolve, 5))
  }
}
