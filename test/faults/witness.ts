import { expect } from 'vitest'
import type { RunningGateway } from '../support/gateway.ts'
import { bodyOf } from './bytes.ts'
import type { Row, Sees } from './row.ts'
import {
  addressesOf,
  askFor,
  type Company,
  comesAbout,
  expertOf,
  KEY,
  modelOf,
  type Seen,
  type Servers,
} from './venue.ts'

export type Stage = { readonly servers: Servers; readonly gateway: RunningGateway }

export const see = async ({ servers, gateway }: Stage, row: Row, company: Company) => {
  const id = expertOf(row, company)
  const requestId = id
  const seen = await askFor(gateway, servers, { model: modelOf(row, company), stream: row.stream, requestId })
  expect(seen.headers['x-request-id']).toBe(requestId)
  expect(seen.headers['set-cookie']).toBeUndefined()
  expect(seen.bytes.includes(KEY)).toBe(false)
  const said = `${JSON.stringify(seen.headers)} ${seen.bytes.toString('latin1')}`
  expect(addressesOf(servers).filter(address => said.includes(address))).toEqual([])
  return {
    ...seen,
    id,
    company,
    tried: seen.headers['x-coe-tried'],
    calls: servers.scripted.calls(id, requestId),
    healthyCalls: servers.scripted.calls('healthy', requestId),
  }
}
type Outcome = Awaited<ReturnType<typeof see>>

/** The very bytes that an expert sent, with the record put in after the first brace. */
export const expectRelayed = ({ headers, bytes }: Seen, sent: Buffer) => {
  const record = {
    request_id: headers['x-request-id'],
    task: headers['x-coe-task'],
    expert: headers['x-coe-expert'],
    decided_by: headers['x-coe-decided-by'],
    confidence: Number(headers['x-coe-confidence']),
    snapshot: headers['x-coe-snapshot'],
    tried: headers['x-coe-tried']?.split(','),
  }
  const brace = sent.indexOf('{') + 1
  const comma = sent[brace] === '}'.charCodeAt(0) ? '' : ','
  const spliced = Buffer.concat([
    sent.subarray(0, brace),
    Buffer.from(`"coe":${JSON.stringify(record)}${comma}`),
    sent.subarray(brace),
  ])
  // A megabyte that differs is nothing to print.
  if (!bytes.equals(spliced))
    expect(bytes.toString('latin1').slice(0, 4_000)).toBe(spliced.toString('latin1').slice(0, 4_000))
  expect(bytes.equals(spliced)).toBe(true)
}

const errorIn = ({ bytes, headers }: Seen) => {
  expect(headers['content-type']).toBe('application/json; charset=utf-8')
  const { error } = JSON.parse(bytes.toString())
  expect(error).toMatchObject({ message: expect.stringMatching(/.{10}/), type: expect.any(String) })
  return error
}

const expectRetryAfter = ({ headers }: Seen, seconds: number | undefined) => {
  const given = headers['retry-after']
  if (seconds === undefined) return expect(given).toBeUndefined()
  expect(given).toMatch(/^\d+$/)
  expect(Number(given)).toBeLessThanOrEqual(seconds)
  expect(Number(given)).toBeGreaterThanOrEqual(Math.max(0, seconds - 15))
}

type Expected<K extends Sees['kind']> = Extract<Sees, { kind: K }>

const expectNext = (row: Row, sees: Expected<'next'>, outcome: Outcome) => {
  const { id, company, status, tried, calls, healthyCalls, headers } = outcome
  expect({ company, calls }).toEqual({ company, calls: sees.calls })
  if (company === 'second') {
    expect({ status, tried, healthyCalls }).toEqual({
      status: 200,
      tried: `${id},healthy`,
      healthyCalls: 1,
    })
    expect(headers['x-coe-expert']).toBe('healthy')
    return expectRelayed(outcome, bodyOf(row.stream, 'healthy'))
  }
  expect({ company, status, tried, healthyCalls }).toEqual({
    company,
    status: sees[company],
    tried: id,
    healthyCalls: 0,
  })
  expectRetryAfter(outcome, sees.retryAfter)
  const error = errorIn(outcome)
  if (company === 'pinned') return expect([sees.code, 'its_own']).toContain(error.code)
  expect(error.code).toBe('experts_failed')
  expect(error.causes).toEqual([{ expert: id, code: sees.code, message: expect.stringContaining(id) }])
}

const expectRefusal = (sees: Expected<'refusal'>, outcome: Outcome) => {
  const { id, status, tried, calls, healthyCalls, bytes } = outcome
  expect({ status, tried, calls, healthyCalls }).toEqual({
    status: sees.status,
    tried: id,
    calls: sees.calls,
    healthyCalls: 0,
  })
  if (sees.body === undefined) expect(errorIn(outcome).code).toBe('expert_rejected')
  else expect(bytes.toString()).toBe(sees.body)
}

const expectOwn = (outcome: Outcome, calls: number) => {
  const { id, status, tried, healthyCalls } = outcome
  expect({ status, tried, calls: outcome.calls, healthyCalls }).toEqual({
    status: 200,
    tried: id,
    calls,
    healthyCalls: 0,
  })
}

const expectBrokenOff = (sent: Buffer, outcome: Outcome) => {
  const cut = outcome.bytes.lastIndexOf('\n\ndata: ')
  expectRelayed({ ...outcome, bytes: outcome.bytes.subarray(0, cut) }, sent)
  const last = outcome.bytes.toString('utf8', cut)
  expect(last).toMatch(/^\n\ndata: \{.*\}\n\n$/)
  expect(JSON.parse(last.slice(8)).error).toMatchObject({ code: 'expert_truncated', type: 'api_error' })
  expect(outcome.bytes.includes('[DONE]')).toBe(false)
}

export const expectSeen = (row: Row, outcome: Outcome) => {
  const { sees } = row
  switch (sees.kind) {
    case 'next':
      return expectNext(row, sees, outcome)
    case 'refusal':
      return expectRefusal(sees, outcome)
    case 'answer':
      expectOwn(outcome, sees.calls)
      return expectRelayed(outcome, sees.body(row.stream))
    case 'broken off':
      expectOwn(outcome, 1)
      return expectBrokenOff(sees.body, outcome)
  }
}

export const healthOf = ({ gateway }: Stage, id: string) =>
  gateway.live.current().crew.experts.get(id)?.health()

/** Who asks for a wait is left alone meanwhile; one failure opens no breaker. */
const breakerAfter = ({ sees }: Row) =>
  sees.kind === 'next' && (sees.retryAfter ?? 0) > 1 ? 'paused' : 'closed'

/** Nobody is waiting any more, and no connection is half used. */
export const nothingLeaks = async (stage: Stage, row: Row, company: Company) => {
  const id = expertOf(row, company)
  await comesAbout(() => {
    const left = { ...healthOf(stage, id), busy: stage.servers.scripted.busy(id) }
    return left.inFlight === 0 && left.queued === 0 && left.busy === 0 ? undefined : left
  })
  expect(healthOf(stage, id)?.breaker).toBe(breakerAfter(row))
}

/** Once idle connections are closed, as they would be a little later. */
export const settled = async (servers: Servers) => {
  await comesAbout(() => {
    const all = Object.entries(servers).filter(([, server]) => 'closeIdle' in server)
    for (const [, server] of all) server.closeIdle()
    const busy = all.map(([name, server]) => [name, server.busy()]).filter(([, count]) => count !== 0)
    return busy.length === 0 ? undefined : busy
  })
}

export const resources = (): Record<string, number> => {
  const counts: Record<string, number> = {}
  for (const name of process.getActiveResourcesInfo()) counts[name] = (counts[name] ?? 0) + 1
  return counts
}
