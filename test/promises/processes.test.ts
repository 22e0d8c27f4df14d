import { createHash } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { stringify } from 'yaml'
import { type ExpertServer, says, startExpert } from '../support/expert-server.ts'
import { ask, mapOf, remote, userFolder } from '../support/gateway.ts'
import { startServe } from '../support/serve.ts'

type Served = Awaited<ReturnType<typeof startServe>>
type Reply = {
  readonly status: number
  readonly headers: NodeJS.Dict<string | string[]>
  readonly text: string
}

/** Over a connection of its own: the primary hands these out in turn. */
const knock = (url: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
  new Promise<Reply>((resolve, reject) => {
    const method = body === undefined ? 'GET' : 'POST'
    const sent = request(`${url}${path}`, { method, agent: false, headers }, response => {
      let text = ''
      response.on('data', data => (text += data))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }))
    })
    sent.on('error', reject)
    sent.setTimeout(60_000, () => sent.destroy(new Error(`${path} was never answered`)))
    sent.end(body === undefined ? undefined : JSON.stringify(body))
  })

const digest = (key: string) => `sha256:${createHash('sha256').update(key).digest('hex')}`

const json = { 'content-type': 'application/json' }

const post = (url: string, body: unknown, headers: Record<string, string> = {}) =>
  knock(url, '/v1/chat/completions', body, { ...json, ...headers })

const until = async <T>(what: string, look: () => Promise<T | undefined | false>): Promise<T> => {
  const deadline = Date.now() + 60_000
  for (;;) {
    const found = await look()
    if (found) return found
    if (Date.now() > deadline) throw new Error(`${what} did not come about`)
    await new Promise(resolve => setTimeout(resolve, 20))
  }
}

const running = async (url: string) => JSON.parse((await knock(url, '/readyz')).text).processes

const complete = (url: string) =>
  until('two processes', async () => (await running(url)).running === 2 && { url })

const figure = async (url: string, series: string) => {
  const { text } = await knock(url, '/metrics')
  return Number(
    text
      .split('\n')
      .find(line => line.startsWith(`${series} `))
      ?.slice(series.length),
  )
}

/** Of the processes that have said so far that they answer, oldest first. */
const pids = (served: Served): number[] =>
  served
    .errors()
    .split('\n')
    .filter(line => line.includes('a process answers requests'))
    .map(line => JSON.parse(line).pid)

const admin = { authorization: 'Bearer admin-key' }
const client = { authorization: 'Bearer client-key' }

let a: ExpertServer
let b: ExpertServer
let served: Served
let mapPath: string

const map = (more: object = {}) => ({
  ...mapOf({ a: remote(a.url), b: remote(b.url) }),
  access: {
    free: { key: digest('free-key') },
    limited: { key: digest('client-key'), rate: '5/h' },
  },
  ...more,
})

const free = { authorization: 'Bearer free-key' }
const keys = { COE_ADMIN_KEY: 'admin-key' }

beforeAll(async () => {
  ;[a, b] = await Promise.all([startExpert(says('from a')), startExpert(says('from b'))])
  ;({ mapPath } = await userFolder(map()))
  served = await startServe(mapPath, keys, ['--processes', '2'])
  await complete(served.url)
})

afterAll(async () => {
  served.child.kill('SIGKILL')
  await Promise.all([a.close(), b.close()])
})

test('two processes share one port, say so once, and count together', async () => {
  expect(served.out().match(/listens on/g)).toHaveLength(1)
  expect(served.out()).toMatch(/processes +2\n/)
  expect(JSON.parse((await knock(served.url, '/readyz')).text)).toMatchObject({
    status: 'ok',
    processes: { running: 2, wanted: 2 },
  })
  for (let asked = 0; asked < 6; asked++) {
    expect((await post(served.url, ask(`disk ${asked} is full`), free)).status).toBe(200)
  }
  expect(await figure(served.url, 'coe_processes')).toBe(2)
  await until('the sum of both', async () => {
    const sum = await figure(served.url, 'coe_requests_total{endpoint="chat/completions",status="200"}')
    return sum === 6
  })
  // Each connection goes to the next process: a question that both are asked is decided twice.
  const twice = [
    await post(served.url, ask('one question'), free),
    await post(served.url, ask('one question'), free),
  ]
  expect(twice.map(({ status }) => status)).toEqual([200, 200])
  const remembered = 'coe_decisions_total{task="unknown",expert="a",decided_by="fallback",remembered="false"}'
  expect(await figure(served.url, remembered)).toBeGreaterThanOrEqual(2)
})

test('a ^C, which a terminal sends to all of them, is left to the first', async () => {
  for (const pid of pids(served)) process.kill(pid, 'SIGINT')
  expect(await running(served.url)).toEqual({ running: 2, wanted: 2 })
  expect((await post(served.url, ask('disk is full'), free)).status).toBe(200)
})

test('a key has its rate once, whichever process it reaches', async () => {
  const statuses: number[] = []
  for (let asked = 0; asked < 8; asked++) {
    statuses.push((await post(served.url, ask('disk is full'), client)).status)
  }
  expect(statuses).toEqual([200, 200, 200, 200, 200, 429, 429, 429])
})

test('a changed map reaches all processes, and a broken one none', async () => {
  const before = JSON.parse((await knock(served.url, '/readyz')).text).snapshot
  await writeFile(mapPath, stringify(map({ name: 'changed' })))
  await until('the change', async () => {
    const { text } = await knock(served.url, '/metrics')
    const shown = [...text.matchAll(/^coe_snapshot_info\{version="(\w+)",map="(\w+)"/gm)]
    return shown.length === 1 && shown[0]?.[2] === 'changed' && shown[0]?.[1] !== before
  })
  const good = await readFile(mapPath, 'utf8')
  await writeFile(mapPath, 'nonsense: [')
  const complaints = async () => {
    const seen = await Promise.all([knock(served.url, '/readyz'), knock(served.url, '/readyz')])
    return seen.filter(({ text }) => JSON.parse(text).swapProblem !== undefined).length
  }
  await until('the complaint of both', async () => (await complaints()) === 2)
  expect((await post(served.url, ask('disk is full'), free)).status).toBe(200)
  await writeFile(mapPath, good)
  await until('no complaint', async () => (await complaints()) === 0)
})

test('an expert that is drained is drained in all processes, and in one that is started later', async () => {
  const drained = await knock(served.url, '/admin/experts/a/drain', { draining: true }, { ...admin, ...json })
  expect(drained.status).toBe(200)
  const answering = async () => {
    const replies = await Promise.all(
      Array.from({ length: 4 }, () => post(served.url, ask('disk is full'), free)),
    )
    return new Set(replies.map(({ headers }) => headers['x-coe-expert']))
  }
  await until('both', async () => !(await answering()).has('a'))
  const [first] = pids(served)
  process.kill(first ?? 0, 'SIGKILL')
  await until('one left', async () => (await running(served.url)).running === 1)
  expect(JSON.parse((await knock(served.url, '/readyz')).text).status).toBe('degraded')
  expect((await post(served.url, ask('disk is full'), free)).status).toBe(200)
  await complete(served.url)
  await until('its line in the log', async () => pids(served).length === 3)
  expect(await figure(served.url, 'coe_process_restarts_total')).toBe(1)
  expect(await answering()).toEqual(new Set(['b']))
})

/** Each of them, asked by a connection of its own in turn, says the same. */
const fromBoth = async (path: string) => {
  const replies = await Promise.all([1, 2].map(() => knock(served.url, path, undefined, admin)))
  return replies.map(({ text }) => JSON.parse(text))
}

test('whichever process is reached, it shows what all of them decided, and how the experts fare in all', async () => {
  const ids: string[] = []
  for (let asked = 0; asked < 4; asked++) {
    const { headers } = await post(served.url, ask(`which node is down ${asked}`), free)
    ids.push(String(headers['x-request-id']))
    // A client has its answer a moment before the process has written it down: another could be first with the next.
    await until('its decision', async () => {
      const [{ decisions }] = await fromBoth('/admin/decisions?limit=1')
      return decisions[0].requestId === ids.at(-1)
    })
  }
  for (const { decisions } of await fromBoth('/admin/decisions?limit=4')) {
    expect(decisions.map(({ requestId }: { requestId: string }) => requestId)).toEqual(ids.toReversed())
  }
  const [first] = await fromBoth('/admin/decisions?limit=2')
  const [older] = await fromBoth(`/admin/decisions?limit=2&before=${first.next}`)
  expect(older.decisions.map(({ requestId }: { requestId: string }) => requestId)).toEqual(
    ids.slice(0, 2).toReversed(),
  )
  const [one, other] = await fromBoth('/admin/experts/b')
  expect(one.answered).toBeGreaterThanOrEqual(4)
  expect(other.answered).toBe(one.answered)
})

test('who listens to one process hears of what the other decides', async () => {
  const heard: string[] = []
  const stream = request(`${served.url}/admin/decisions/stream`, { agent: false, headers: admin }, response =>
    response.on('data', data => heard.push(String(data))),
  ).end()
  await until('the stream', async () => heard.length > 0)
  const ids: string[] = []
  for (let asked = 0; asked < 4; asked++) {
    const { headers } = await post(served.url, ask('is the disk full'), free)
    ids.push(String(headers['x-request-id']))
  }
  await until('all four', async () => ids.every(id => heard.join('').includes(id)))
  for (const id of ids) expect(heard.join('').split(id)).toHaveLength(2)
  stream.destroy()
})

test('feedback on an answer is taken by whichever process it reaches', async () => {
  const { headers } = await post(served.url, ask('is the disk full'), free)
  const request_id = headers['x-request-id']
  for (let given = 0; given < 2; given++) {
    const said = await knock(served.url, '/v1/feedback', { request_id, rating: 'good' }, { ...json, ...free })
    expect(said.status).toBe(204)
  }
  for (const { experts } of await fromBoth('/admin/feedback')) {
    expect(experts).toEqual([expect.objectContaining({ expert: 'b', good: 1, n: 1 })])
  }
})

test('a candidate is tried by all processes, counted together, joined by who comes later, and activated once', async () => {
  const source = stringify(map({ name: 'tried' }))
  const headers = { ...admin, ...json }
  const send = (method: string, path: string, body: unknown) =>
    fetch(`${served.url}/admin${path}`, {
      method,
      headers: { ...headers, connection: 'close' },
      body: JSON.stringify(body),
    })
  expect((await send('PUT', '/candidate', { source, why: 'to see' })).status).toBe(200)
  const seen = async () => (await fromBoth('/admin/candidate')).map(report => report.seen)
  for (let asked = 0; asked < 4; asked++) await post(served.url, ask(`what is slow ${asked}`), free)
  await until('all four compared', async () => (await seen()).every(count => count === 4))
  expect((await send('POST', '/candidate', { percent: 100 })).status).toBe(200)
  for (const { mode, percent } of await fromBoth('/admin/candidate'))
    expect([mode, percent]).toEqual(['percent', 100])
  const [tried] = await fromBoth('/admin/candidate')
  const answeredBy = async () => {
    const replies = await Promise.all([1, 2].map(() => post(served.url, ask('what is slow'), free)))
    return new Set(replies.map(({ headers }) => headers['x-coe-snapshot']))
  }
  expect(await answeredBy()).toEqual(new Set([tried.version]))

  process.kill(pids(served).at(-2) ?? 0, 'SIGKILL')
  await until('one left', async () => (await running(served.url)).running === 1)
  await complete(served.url)
  await until('its line in the log', async () => pids(served).length === 4)
  const isTriedByAll = async () => [...(await answeredBy())].every(version => version === tried.version)
  await until('the new one tries it too', async () => (await isTriedByAll()) && (await isTriedByAll()))

  expect((await send('POST', '/candidate/activate', { why: 'it is better' })).status).toBe(200)
  await until('no candidate', async () =>
    (await fromBoth('/admin/candidate')).every(report => report === null),
  )
  for (const { current, maps } of await fromBoth('/admin/maps')) {
    expect(current).toBe(tried.version)
    expect(maps.filter(({ version }: { version: string }) => version === tried.version)).toEqual([
      expect.objectContaining({ by: 'api', why: 'it is better' }),
    ])
  }
})

test('SIGTERM, to the first or to all of them, lets the answers of all processes finish, and ends with 0', async () => {
  const finish: (() => void)[] = []
  for (const expert of [a, b]) {
    expert.behave((received, response) => void finish.push(() => says('finished')(received, response)))
  }
  const answers = Promise.all([1, 2, 3, 4].map(() => post(served.url, ask('disk is full'), free)))
  await until('four at work', async () => finish.length === 4)
  for (const pid of [...pids(served).slice(-2), served.child.pid ?? 0]) process.kill(pid, 'SIGTERM')
  await until('closed', () =>
    knock(served.url, '/healthz').then(
      () => false,
      () => true,
    ),
  )
  for (const answer of finish) answer()
  for (const { status, text } of await answers) {
    expect({ status, finished: text.includes('finished') }).toEqual({ status: 200, finished: true })
  }
  expect(await served.ended).toEqual([0, null])
})

test('what cannot be served ends with 2 and is said once, not by each process', async () => {
  await writeFile(join(mapPath, '../broken.yaml'), 'nonsense: [')
  const message = await startServe(join(mapPath, '../broken.yaml'), {}, ['--processes', '3']).then(
    () => 'started',
    (error: Error) => error.message,
  )
  expect(message).toMatch(/^ended with 2: /)
  expect(message.match(/broken\.yaml:\d+/g)?.length).toBeGreaterThan(0)
  expect(new Set(message.match(/broken\.yaml:\d+:\d+: [^\n]+/g)).size).toBe(
    message.match(/broken\.yaml:\d+:\d+: [^\n]+/g)?.length,
  )
})
