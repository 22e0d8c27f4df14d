import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { RunningGateway } from '../support/gateway.ts'
import type { Row } from './row.ts'
import { table } from './table.ts'
import {
  askFor,
  type Company,
  comesAbout,
  companies,
  expertOf,
  gatewayFor,
  get,
  KEY,
  type Servers,
  startServers,
} from './venue.ts'
import { expectSeen, nothingLeaks, resources, see, settled } from './witness.ts'

let servers: Servers
let gateway: RunningGateway
let before: Record<string, number>
let workers: number
const rows = table('http://elsewhere.invalid/v1/chat/completions')

beforeAll(async () => {
  servers = await startServers()
  gateway = await gatewayFor(servers, table(`${servers.elsewhere.url('x')}/chat/completions`))
  await askFor(gateway, servers, { model: 'task/operate', stream: false, requestId: 'warm' })
  await settled(servers)
  before = resources()
  workers = gateway.live.current().snapshot.retriever.workers()
})
afterAll(async () => {
  await gateway[Symbol.asyncDispose]()
  await servers[Symbol.asyncDispose]()
})

const stage = () => ({ servers, gateway })
const title = ({ fault, stream }: Row) => `${fault} (${stream ? 'stream' : 'whole'})`

const witness = async (row: Row, company: Company) => {
  expectSeen(row, await see(stage(), row, company))
  await nothingLeaks(stage(), row, company)
}

describe.concurrent('an expert that', () => {
  for (const row of rows.filter(({ floods }) => !floods)) {
    test(title(row), async () => {
      await Promise.all(companies.map(company => witness(row, company)))
    })
  }
})

describe('an expert that', () => {
  for (const row of rows.filter(({ floods }) => floods)) {
    test(title(row), async () => {
      for (const company of companies) await witness(row, company)
    })
  }
})

describe('after all of that', () => {
  test('no host that an expert redirected to was ever contacted', () => {
    expect(servers.elsewhere.connections()).toBe(0)
  })

  test('every stream that broke off is counted, and no other', async () => {
    const text = (await get(`${gateway.url}/metrics`)).bytes.toString()
    const counted = [...text.matchAll(/^coe_streams_total\{expert="([^"]+)",outcome="truncated"\} (\d+)/gm)]
    const broken = rows.filter(row => row.sees.kind === 'broken off')
    expect(Object.fromEntries(counted.map(([, id, count]) => [id, count]))).toEqual(
      Object.fromEntries(broken.flatMap(row => companies.map(company => [expertOf(row, company), '1']))),
    )
  })

  test('no key was logged, and nothing that the gateway does not know', () => {
    const log = gateway.logged.join('')
    expect(log).not.toContain(KEY)
    expect(log).not.toContain('"internal"')
    expect(log).not.toContain('request failed')
  })

  test('every worker lives, every expert is idle, and sockets, timers and handles are as they were', async () => {
    const ready = (await get(`${gateway.url}/readyz`)).bytes.toString()
    expect(JSON.parse(ready)).toMatchObject({ status: 'ok', workers })
    for (const [id, expert] of gateway.live.current().crew.experts) {
      expect({ id, ...expert.health() }).toMatchObject({ id, inFlight: 0, queued: 0 })
    }
    await settled(servers)
    await comesAbout(() => {
      const grown = Object.entries(resources()).filter(([name, count]) => count > (before[name] ?? 0))
      return grown.length === 0 ? undefined : grown
    })
  })
})
