import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import OpenAI, { AuthenticationError, PermissionDeniedError, RateLimitError } from 'openai'
import { expect, test } from 'vitest'
import { stringify } from 'yaml'
import { hangs, says, stallsAfter, startExpert } from '../support/expert-server.ts'
import {
  ask,
  json,
  mapOf,
  type RunningGateway,
  remote,
  startGateway,
  userFolder,
} from '../support/gateway.ts'
import { spawnServe } from '../support/serve.ts'

const hashOf = (key: string) => `sha256:${createHash('sha256').update(key).digest('hex')}`
const entry = (key: string, more: object = {}) => ({ key: hashOf(key), ...more })
const runbook = { runbook: { builtin: 'runbook' } }

const as = (key: string, more: Record<string, string> = {}): RequestInit => ({
  headers: { 'content-type': 'application/json', authorization: `Bearer ${key}`, ...more },
})
const chat = (gateway: RunningGateway, key: string, body: object, init: RequestInit = {}) =>
  gateway.post('/v1/chat/completions', body, { ...as(key), ...init })
const models = async (gateway: RunningGateway, key: string): Promise<string[]> =>
  (await json(fetch(`${gateway.url}/v1/models`, as(key)))).data.map(({ id }: { id: string }) => id)
const clientOf = (gateway: RunningGateway, apiKey: string) =>
  new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey, maxRetries: 0 })
const tick = () => new Promise(resolve => setImmediate(resolve))

test('the keys of the environment and of the map are let in, and nobody else', async () => {
  const map = mapOf(runbook, { access: { bot: entry('map-key') } })
  await using gateway = await startGateway(map, { COE_API_KEYS: 'ops:env-key' })
  const status = async (authorization?: string) =>
    (await fetch(`${gateway.url}/v1/models`, { headers: authorization ? { authorization } : {} })).status
  const given = [
    'Bearer map-key',
    'bearer env-key',
    `Bearer ${hashOf('map-key')}`,
    'Bearer map-ke',
    undefined,
  ]
  expect(await Promise.all(given.map(status))).toEqual([200, 200, 401, 401, 401])
  await expect(clientOf(gateway, 'nope').models.list()).rejects.toThrow(AuthenticationError)
})

test('a key that is put into the map is let in without a restart, and one that is taken out is not', async () => {
  const map = (access: object) => mapOf(runbook, { access })
  await using gateway = await startGateway(map({ old: entry('old-key') }))
  const statuses = async () =>
    Promise.all(
      ['old-key', 'new-key'].map(async key => (await chat(gateway, key, ask('disk is full'))).status),
    )
  expect(await statuses()).toEqual([200, 401])
  await gateway.writeMap(map({ old: entry('old-key'), new: entry('new-key') }))
  await gateway.reload()
  expect(await statuses()).toEqual([200, 200])
  await gateway.writeMap(map({ new: entry('new-key') }))
  await gateway.reload()
  expect(await statuses()).toEqual([401, 200])
  await gateway.writeMap(mapOf(runbook))
  await gateway.reload()
  expect(await statuses()).toEqual([200, 200])
})

test('who is turned away is told so before the body is sent', async () => {
  await using gateway = await startGateway(mapOf(runbook, { access: { bot: entry('k') } }))
  const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1', () => {
    socket.write('POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n')
    socket.write('authorization: Bearer wrong\r\ncontent-length: 9000000\r\n\r\n')
  })
  const [bytes] = await once(socket, 'data')
  expect(String(bytes)).toMatch(/^HTTP\/1.1 401 /)
  socket.destroy()
})

/** Two experts, each alone on a task of its own; `operate` and `unknown` know both. */
const twoExperts = (a: string, b: string, access: object) => ({
  ...mapOf(
    { a: remote(a), b: remote(b) },
    { access, aliases: { fast: 'expert/a', big: 'expert/b', any: 'auto' } },
  ),
  tasks: {
    build: { description: 'compiling', experts: ['a'] },
    deploy: { description: 'rolling out', experts: ['b'] },
    operate: { description: 'keeping it healthy', experts: ['a', 'b'] },
  },
})

test('a task, an expert or an alias that a key may not use is refused before anybody is asked', async () => {
  await using a = await startExpert()
  await using b = await startExpert()
  const access = {
    bot: entry('bot-key', { experts: ['a'] }),
    builder: entry('builder-key', { tasks: ['build'] }),
    other: entry('other-key'),
  }
  await using gateway = await startGateway(twoExperts(a.url, b.url, access))
  const refused: [string, string][] = [
    ['bot-key', 'expert/b'],
    ['bot-key', 'big'],
    ['builder-key', 'task/deploy'],
    ['builder-key', 'task/unknown'],
    // An expert asked by name is asked of no task: it would be the way around them.
    ['builder-key', 'expert/a'],
    ['builder-key', 'fast'],
  ]
  for (const [key, model] of refused) {
    const response = await chat(gateway, key, ask('disk is full', { model }))
    const { error } = await json(response)
    expect([model, response.status, error.code, error.param]).toEqual([model, 403, 'not_allowed', 'model'])
    expect(error.message).toContain(`The key "${key === 'bot-key' ? 'bot' : 'builder'}" may not use`)
    expect(error.message).toMatch(
      key === 'bot-key' ? /may use the experts a\.$/ : /may use the tasks build\.$/,
    )
    expect(error.message).not.toContain('other')
  }
  expect([a.received.length, b.received.length]).toEqual([0, 0])
  await expect(
    clientOf(gateway, 'bot-key').chat.completions.create(ask('x', { model: 'expert/b' }) as never),
  ).rejects.toThrow(PermissionDeniedError)
  const embedding = await gateway.post('/v1/embeddings', { model: 'expert/b', input: 'x' }, as('bot-key'))
  expect(embedding.status).toBe(403)

  for (const model of ['expert/a', 'fast', 'task/build', 'task/deploy', 'auto']) {
    const response = await chat(gateway, 'bot-key', ask('disk is full', { model }))
    expect([model, response.status, response.headers.get('x-coe-expert')]).toEqual([model, 200, 'a'])
  }
  expect((await chat(gateway, 'other-key', ask('x', { model: 'expert/b' }))).status).toBe(200)
})

test('what is routed goes to the experts that the key may use, and is refused where that is nobody', async () => {
  await using a = await startExpert()
  await using b = await startExpert()
  const access = {
    onlyB: entry('b-key', { experts: ['b'] }),
    onlyBuild: entry('build-key', { tasks: ['build'] }),
    gone: entry('gone-key', { experts: ['c'] }),
    free: entry('free-key'),
  }
  const c = { ifSet: ['NOT_SET_ANYWHERE'], url: 'http://c/v1', model: 'c' }
  const map = twoExperts(a.url, b.url, access)
  await using gateway = await startGateway({ ...map, experts: { ...map.experts, c } })
  const pod = ask('my pod restarts with exit code 137 every few minutes')
  const free = await chat(gateway, 'free-key', pod)
  expect([free.headers.get('x-coe-task'), free.headers.get('x-coe-expert')]).toEqual(['operate', 'a'])
  // The decision is remembered by now: it is whole for everybody, and cut for each.
  const cut = await chat(gateway, 'b-key', pod)
  expect([cut.headers.get('x-coe-expert'), cut.headers.get('x-coe-tried')]).toEqual(['b', 'b'])
  const [asked, askedB] = [a.received.length, b.received.length]
  const wrongTask = await chat(gateway, 'build-key', pod)
  expect([wrongTask.status, (await json(wrongTask)).error.message]).toEqual([
    403,
    'The key "onlyBuild" may not use the task "operate", which this question was found to be of. It may use the tasks build.',
  ])
  const nobody = await chat(gateway, 'gone-key', pod)
  expect([nobody.status, (await json(nobody)).error.message]).toEqual([
    403,
    'The key "gone" may not use any expert that the map has for the task "operate". It may use the experts c.',
  ])
  expect([a.received.length, b.received.length]).toEqual([asked, askedB])
  expect((await chat(gateway, 'free-key', pod)).headers.get('x-coe-expert')).toBe('a')
})

test('a client is shown the models that its key may use, also when it names one that does not exist', async () => {
  await using a = await startExpert()
  const access = {
    bot: entry('bot-key', { experts: ['b'], tasks: ['build', 'deploy'] }),
    gone: entry('gone-key', { experts: ['c'] }),
    free: entry('free-key'),
  }
  const map = twoExperts(a.url, a.url, access)
  const c = { ifSet: ['NOT_SET_ANYWHERE'], url: 'http://c/v1', model: 'c' }
  await using gateway = await startGateway({ ...map, unknown: ['a'], experts: { ...map.experts, c } })
  const all = ['auto', 'task/build', 'task/deploy', 'task/operate', 'task/unknown', 'expert/a', 'expert/b']
  expect(await models(gateway, 'free-key')).toEqual([...all, 'fast', 'big', 'any'])
  // Of the task build nobody is left for this key: asked for it, it would be refused.
  const its = ['auto', 'task/deploy', 'expert/b', 'big', 'any']
  expect(await models(gateway, 'bot-key')).toEqual(its)
  expect(await models(gateway, 'gone-key')).toEqual([])
  for (const [model, status] of [
    ['task/deploy', 200],
    ['task/build', 403],
    ['expert/a', 403],
    ['nope', 404],
  ] as const) {
    const response = await fetch(`${gateway.url}/v1/models/${model}`, as('bot-key'))
    expect([model, response.status]).toEqual([model, status])
    if (status === 404)
      expect((await json(response)).error.message).toContain(`Use one of: ${its.join(', ')}.`)
    if (status !== 404) expect((await chat(gateway, 'bot-key', ask('x', { model }))).status).toBe(status)
  }
})

test('a key that has used up its rate is refused with the time to wait, also after the map was changed', async () => {
  const map = (more: object) =>
    mapOf(runbook, { access: { bot: entry('bot-key', { rate: '3/h' }), other: entry('other-key') }, ...more })
  await using gateway = await startGateway(map({}))
  const limits = (response: Response) =>
    ['limit', 'remaining', 'reset'].map(name => response.headers.get(`x-ratelimit-${name}-requests`))
  const first = await chat(gateway, 'bot-key', ask('disk is full'))
  expect([first.status, limits(first)]).toEqual([
    200,
    ['3', '2', expect.stringMatching(/^(20m0s|19m59.*s)$/)],
  ])
  const stream = await chat(gateway, 'bot-key', ask('disk is full', { stream: true }))
  expect([await stream.text(), limits(stream)[1]]).toEqual([expect.stringContaining('[DONE]'), '1'])
  const bad = await chat(gateway, 'bot-key', { messages: 'wrong' })
  expect([bad.status, limits(bad)[1]]).toEqual([400, '0'])

  await gateway.writeMap(map({ name: 'other' }))
  await gateway.reload()
  const refused = await chat(gateway, 'bot-key', ask('disk is full'))
  expect([refused.status, (await json(refused)).error]).toEqual([
    429,
    expect.objectContaining({ code: 'rate_limit_exceeded', type: 'rate_limit_error' }),
  ])
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(1_100)
  expect(limits(refused).slice(0, 2)).toEqual(['3', '0'])
  await expect(
    clientOf(gateway, 'bot-key').chat.completions.create(ask('disk is full') as never),
  ).rejects.toThrow(RateLimitError)
  const unlimited = await chat(gateway, 'other-key', ask('disk is full'))
  expect([unlimited.status, limits(unlimited)]).toEqual([200, [null, null, null]])
})

test('a stream counts among the running requests until its last byte', async () => {
  let finish = () => undefined as unknown
  await using expert = await startExpert((received, response) => {
    stallsAfter('one ')(received, response)
    finish = () => response.end('data: [DONE]\n\n')
  })
  const map = mapOf({ a: remote(expert.url) }, { access: { bot: entry('k', { concurrency: 1 }) } })
  await using gateway = await startGateway(map)
  const status = async () => {
    const response = await fetch(`${gateway.url}/v1/models`, as('k'))
    await response.text()
    return response.status
  }
  const stream = await chat(gateway, 'k', ask('disk is full', { stream: true }))
  const refused = await fetch(`${gateway.url}/v1/models`, as('k'))
  expect([refused.status, refused.headers.get('retry-after'), (await json(refused)).error.message]).toEqual([
    429,
    '1',
    'The key "bot" has as many requests running as it may. Try again in 1 s.',
  ])
  finish()
  expect(await stream.text()).toContain('[DONE]')
  await expect.poll(status, { interval: 5 }).toBe(200)
  // And so does one that was answered at once, in a row of them.
  for (let i = 0; i < 20; i++) await expect.poll(status, { interval: 5 }).toBe(200)
})

for (const [when, stream, behaviour] of [
  ['before the answer', false, hangs()],
  ['before the first byte of a stream', true, hangs()],
  ['in the middle of a stream', true, stallsAfter('one ')],
] as const) {
  test(`a client that leaves ${when} gives its place back`, async () => {
    await using expert = await startExpert(behaviour)
    const map = mapOf({ a: remote(expert.url) }, { access: { bot: entry('k', { concurrency: 1 }) } })
    await using gateway = await startGateway(map)
    const leaving = new AbortController()
    const arriving = expert.next()
    const answer = chat(gateway, 'k', ask('disk is full', { stream }), { signal: leaving.signal })
    answer.catch(() => undefined)
    const call = await arriving
    if (when.startsWith('in the middle')) await (await answer).body?.getReader().read()
    expect((await chat(gateway, 'k', ask('disk is full'))).status).toBe(429)
    leaving.abort()
    await call.left
    expert.behave(says('fine'))
    await expect.poll(async () => (await chat(gateway, 'k', ask('x'))).status, { interval: 5 }).toBe(200)
  })
}

test('requests that wait behind another on their connection give their places back when it is cut', async () => {
  await using expert = await startExpert(hangs())
  const map = mapOf({ a: remote(expert.url) }, { access: { bot: entry('k', { concurrency: 3 }) } })
  await using gateway = await startGateway(map)
  const body = JSON.stringify(ask('disk is full', { model: 'expert/a' }))
  const head = `host: x\r\nauthorization: Bearer k\r\ncontent-type: application/json\r\ncontent-length: ${body.length}`
  const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1', () => {
    socket.write(`POST /v1/chat/completions HTTP/1.1\r\n${head}\r\n\r\n${body}`.repeat(3))
  })
  while (expert.received.length < 3) await tick()
  expect((await chat(gateway, 'k', ask('x'))).status).toBe(429)
  socket.destroy()
  await Promise.all(expert.received.map(call => call.left))
  expert.behave(says('fine'))
  const three = () =>
    Promise.all([1, 2, 3].map(async () => (await chat(gateway, 'k', ask('x', { model: 'expert/a' }))).status))
  await expect.poll(three, { interval: 20 }).toEqual([200, 200, 200])
  const answered = () => gateway.logged.filter(line => line.includes('"status":499')).length
  await expect.poll(answered).toBe(3)
})

test('log and metrics say whose request it was by the name of the key, and never hold a key', async () => {
  await using expert = await startExpert()
  const access = { bot: entry('planted-map-key', { experts: ['a'], rate: '3/h' }) }
  const map = mapOf({ a: remote(expert.url), b: remote(expert.url) }, { access })
  await using gateway = await startGateway(map, { COE_API_KEYS: 'ops:planted-env-key', LOG_LEVEL: 'trace' })
  const said = [
    await chat(gateway, 'planted-env-key', ask('disk is full')),
    await chat(gateway, 'planted-map-key', ask('disk is full')),
    await chat(gateway, 'planted-map-key', ask('x', { model: 'expert/b' })),
    await chat(gateway, 'planted-map-key', ask('x', { model: 'nope' })),
    await chat(gateway, 'planted-map-key', ask('x')),
    await chat(gateway, 'planted-wrong-key', ask('x')),
  ]
  const texts = await Promise.all(said.map(response => response.text()))
  const answered = () => gateway.logged.map(line => JSON.parse(line)).filter(line => line.msg === 'answered')
  await expect.poll(() => answered().length).toBe(6)
  expect(answered().map(({ client, status }) => [client, status])).toEqual([
    ['ops', 200],
    ['bot', 200],
    ['bot', 403],
    ['bot', 404],
    ['bot', 429],
    [undefined, 401],
  ])
  const metrics = await (await fetch(`${gateway.url}/metrics`)).text()
  expect(metrics).toContain('coe_client_requests_total{client="bot",status="429"} 1')
  expect(metrics).toContain('coe_client_requests_total{client="ops",status="200"} 1')
  const ready = await (await fetch(`${gateway.url}/readyz`)).text()
  const headers = said.map(response => JSON.stringify([...response.headers]))
  const sent = expert.received.map(({ headers, bytes }) => JSON.stringify(headers) + bytes)
  const everything = [...texts, ...headers, ...sent, ...gateway.logged, metrics, ready].join('\n')
  expect(everything).not.toContain('planted')
  expect(everything).not.toContain(hashOf('planted-map-key').slice(7))
})

const serve = (mapPath: string, environment: Record<string, string>, ...args: string[]) => {
  const child = spawnServe(mapPath, environment, args)
  let text = ''
  child.stdout.on('data', data => (text += data))
  child.stderr.on('data', data => (text += data))
  const ended = once(child, 'exit') as Promise<[number | null]>
  const ready = async () => {
    while (!text.includes('Try:') && child.exitCode === null) await new Promise(done => setTimeout(done, 10))
    return /listens on (http:\S+)\/v1/.exec(text)?.[1] ?? text
  }
  const end = async () => {
    child.kill('SIGTERM')
    await ended
  }
  return { ended, ready, end, text: () => text }
}

test('nobody listens to the world without a key, unless told to', async () => {
  const { mapPath } = await userFolder(mapOf(runbook))
  const refused = serve(mapPath, { HOST: '0.0.0.0' })
  expect([await refused.ended, refused.text()]).toEqual([
    [2, null],
    expect.stringMatching(/Others can reach 0.0.0.0.*COE_API_KEYS.*--insecure/),
  ])
  const insecure = serve(mapPath, { HOST: '0.0.0.0' }, '--insecure')
  expect(await insecure.ready()).toMatch(/^http:/)
  expect(insecure.text()).toContain('!! everybody who can reach 0.0.0.0 is let in')
  await insecure.end()
})

test('while others can reach it, a map without the last key is not swapped in', async () => {
  const map = (more: Record<string, unknown>) => mapOf(runbook, more)
  const { mapPath } = await userFolder(map({ access: { bot: entry('k') } }))
  const gateway = serve(mapPath, { HOST: '0.0.0.0' })
  const url = await gateway.ready()
  const status = async (init: RequestInit = {}) => (await fetch(`${url}/v1/models`, init)).status
  expect([await status(as('k')), await status()]).toEqual([200, 401])
  await writeFile(mapPath, stringify(map({})))
  const problem = async () => (await json(fetch(`${url}/readyz`))).swapProblem
  await expect.poll(problem).toContain('Others can reach 0.0.0.0')
  expect([await status(as('k')), await status()]).toEqual([200, 401])
  await writeFile(mapPath, stringify(map({ access: { bot: entry('other') } })))
  await expect.poll(() => status(as('other'))).toBe(200)
  expect([await status(as('k')), await problem()]).toEqual([401, undefined])
  await gateway.end()
})
