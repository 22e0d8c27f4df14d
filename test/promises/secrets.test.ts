import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { stringify } from 'yaml'
import {
  type Behaviour,
  type ExpertServer,
  fails,
  says,
  sends,
  startExpert,
} from '../support/expert-server.ts'
import { ask, fixtures, mapOf, remote, root, userFolder } from '../support/gateway.ts'

/** Planted where they belong; found anywhere else, they have leaked. */
const secret = {
  expertKey: 'canary-expert-key-4f1d',
  urlKey: 'canary-url-key-93ab',
  classifierKey: 'canary-classifier-key-77c0',
  clientKey: 'canary-client-key-0e5b',
  wrongKey: 'canary-wrong-key-a2d8',
  cookie: 'canary-client-cookie-6f',
  expertCookie: 'canary-expert-cookie-19',
  question: 'canary-question-disk-full',
  system: 'canary-system-prompt-c4',
} as const
type Secret = keyof typeof secret

const found = (text: string, ...allowed: Secret[]): Secret[] =>
  (Object.keys(secret) as Secret[]).filter(name => !allowed.includes(name) && text.includes(secret[name]))

/** Repeats everything that it was told, as badly behaved servers do. */
const repeats =
  (status: number): Behaviour =>
  ({ headers, path }, response: ServerResponse) =>
    fails(
      status,
      { 'set-cookie': secret.expertCookie, 'x-debug': `${headers.authorization} ${path}` },
      {
        error: {
          message: `not with ${headers.authorization} at ${path}`,
          type: 'x',
          param: null,
          code: null,
        },
      },
    )({ headers, path } as never, response)

const behaviours: [string, Behaviour][] = [
  ...[400, 401, 403, 404, 422, 429, 500, 503].map((status): [string, Behaviour] => [
    `repeats with ${status}`,
    repeats(status),
  ]),
  ['has a key for a content type', sends('x', { 'content-type': `x/${secret.urlKey}` })],
  [
    'compresses with a key',
    sends('x', { 'content-type': 'application/json', 'content-encoding': secret.expertKey }),
  ],
  ['is no JSON', sends(`${secret.expertKey}`, { 'content-type': 'application/json' })],
  ['redirects', sends('', { location: `http://127.0.0.1:1/?${secret.expertKey}` }, 307)],
  ['hangs up', (_received, response) => void response.socket?.destroy()],
  [
    'breaks off',
    (_received, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream', 'set-cookie': secret.expertCookie })
      response.write('data: {"choices":[]}\n\n', () => response.socket?.destroy())
    },
  ],
  [
    'begins with an error',
    sends(`event: error\ndata: {"error":{"message":"${secret.expertKey}"}}\n\n`, {
      'content-type': 'text/event-stream',
    }),
  ],
  ['answers', says('fine')],
]

let expert: ExpertServer
let classifier: ExpertServer
let folder: string
/** What anybody could see: by where it was seen. */
const seen: [where: string, text: string][] = []

const fatal = `process.on('SIGUSR2', () => {
  const cause = Object.assign(new Error('inner'), { headers: { authorization: '${secret.expertKey}' } })
  try { JSON.parse('${secret.question}') } catch (error) { cause.cause = error }
  throw Object.assign(new Error('planted', { cause }), { details: { body: '${secret.urlKey}', question: '${secret.question}' } })
})`

beforeAll(async () => {
  // One path for each behaviour: each is an expert of its own, with its own health.
  expert = await startExpert((received, response) =>
    behaviours[Number(/^\/v1\/(\d+)/.exec(received.path)?.[1])]?.[1](received, response),
  )
  classifier = await startExpert(repeats(400))
  const experts = behaviours.map(([_what], index) => [
    `a${index}`,
    remote(`\${A_URL}/${index}?api-key=\${URL_KEY}`, { key: '${A_KEY}', timeout: '5s' }),
  ])
  const map = mapOf(
    {
      ...Object.fromEntries(experts),
      c: remote(`${classifier.url}?api-version=1`, { key: '${C_KEY}' }),
      runbook: { builtin: 'runbook' },
    },
    { classifier: { expert: 'c', use: 'always' } },
  )
  const made = await userFolder(map)
  folder = made.folder
  const environment = {
    PATH: process.env.PATH,
    COE_MAP: made.mapPath,
    COE_ENCODER: 'auto',
    COE_DATA: join(folder, 'data'),
    COE_API_KEYS: `me:${secret.clientKey}`,
    LOG_LEVEL: 'trace',
    A_URL: expert.url,
    URL_KEY: secret.urlKey,
    A_KEY: secret.expertKey,
    C_KEY: secret.classifierKey,
    OPENAI_LOG: 'debug',
  }
  for (const args of [['check', '--json']]) {
    const { stdout, stderr } = spawnSync(process.execPath, ['dist/main.js', ...args], {
      cwd: root,
      env: environment,
      encoding: 'utf8',
    })
    seen.push([args.join(' '), stdout + stderr])
  }
  const preload = join(folder, 'preload.mjs')
  writeFileSync(preload, fatal)
  const child = spawn(process.execPath, ['--import', preload, 'dist/main.js', 'serve', '--port', '0'], {
    cwd: root,
    env: environment,
  })
  const output = { stdout: '', stderr: '' }
  child.stdout.on('data', chunk => {
    output.stdout += chunk
  })
  child.stderr.on('data', chunk => {
    output.stderr += chunk
  })
  const url = await vi.waitFor(() => {
    const address = /listens on (\S+)\/v1/.exec(output.stdout)?.[1]
    if (address === undefined) throw new Error(output.stderr)
    return address
  }, 60_000)
  await converse(url)
  for (const path of ['/metrics', '/readyz', '/healthz', '/v1/models', '/nowhere', '/v1/models/nope']) {
    await look(
      path,
      await fetch(`${url}${path}`, {
        headers: { authorization: `Bearer ${secret.clientKey}`, cookie: secret.cookie },
      }),
    )
  }
  // A change that cannot be used is told, and not by quoting what the environment put in.
  writeFileSync(
    made.mapPath,
    stringify({ ...map, experts: { ...map.experts, a0: remote('${A_KEY}', { timeout: '${A_KEY}' }) } }),
  )
  await vi.waitFor(async () => {
    expect(await (await fetch(`${url}/readyz`)).text()).toContain('swapProblem')
  }, 60_000)
  await look('/readyz with a problem', await fetch(`${url}/readyz`))
  child.kill('SIGUSR2')
  const [code] = await once(child, 'exit')
  expect(code).toBe(1)
  seen.push(['standard output', output.stdout], ['standard error', output.stderr])
}, 120_000)

afterAll(async () => {
  await expert.close()
  await classifier.close()
  rmSync(folder, { recursive: true, force: true })
})

const look = async (where: string, response: Response) => {
  const headers = [...response.headers].map(([name, value]) => `${name}: ${value}`).join('\n')
  seen.push([where, `${response.status}\n${headers}\n${await response.text().catch(String)}`])
}

/** Every way in which an expert can answer, streamed or not, routed or pinned; and every way of asking wrongly. */
const converse = async (url: string) => {
  const post = (body: unknown, key: string = secret.clientKey, more: Record<string, string> = {}) =>
    fetch(`${url}/v1/chat/completions`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        authorization: `Bearer ${key}`,
        cookie: secret.cookie,
        'proxy-authorization': secret.clientKey,
        'x-api-key': secret.clientKey,
        'x-forwarded-for': '10.0.0.1',
        te: 'trailers',
        ...more,
      },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    })
  const messages = [
    { role: 'system', content: secret.system },
    { role: 'user', content: secret.question },
  ]
  const right = behaviours.flatMap(([what], index) =>
    [false, true].map(stream => [what, { model: `expert/a${index}`, messages, stream }] as const),
  )
  await Promise.all(right.map(async ([what, body]) => look(`${what}, ${body.stream}`, await post(body))))
  // Now everybody fails in a row but the last.
  for (const stream of [false, true]) await look(`routed, ${stream}`, await post({ messages, stream }))
  const wrong: [string, unknown, string?, Record<string, string>?][] = [
    ['broken JSON', `{"messages": "${secret.question}" "${secret.system}"}`],
    ['a token', `{"messages": ${secret.question}}`],
    ['a text', secret.question],
    ['wrong types', { messages: secret.question }],
    ['a wrong part', { messages: [{ role: 'user', content: [secret.question] }] }],
    ['no model', ask(secret.question, { model: 'nope' })],
    ['a wrong key', ask(secret.question), secret.wrongKey],
    ['a loop', ask(secret.question), secret.clientKey, { 'x-coe-hop': '9' }],
    ['compressed', ask(secret.question), secret.clientKey, { 'content-encoding': 'gzip' }],
    ['a request id', ask(secret.question), secret.clientKey, { 'x-request-id': 'mine' }],
  ]
  for (const [what, body, key, headers] of wrong) await look(what, await post(body, key, headers))
}

test('no key, cookie, prompt or question is in any answer, header, metric, log line or crash', () => {
  expect(seen.length).toBeGreaterThan(50)
  const leaks = seen.flatMap(([where, text]) => found(text).map(name => `${name} in ${where}`))
  expect(leaks).toEqual([])
})

test('a crash says what happened and where, without what hangs on the error', () => {
  const [, text] = seen.find(([where]) => where === 'standard error') ?? []
  expect(text).toContain('coe-ops ends because of an uncaughtException')
  expect(text).toMatch(/Error: planted\n {4}at /)
  expect(text).toContain('caused by SyntaxError: Unexpected token')
})

test('an expert gets its own key and the request, and nothing else of the client or of other experts', () => {
  expect(expert.received.length).toBeGreaterThan(35)
  for (const { headers, path, bytes } of expert.received) {
    expect(found(JSON.stringify(headers), 'expertKey')).toEqual([])
    expect(found(path, 'urlKey')).toEqual([])
    expect(found(bytes.toString(), 'question', 'system')).toEqual([])
    expect(headers.authorization).toBe(`Bearer ${secret.expertKey}`)
    for (const name of ['cookie', 'proxy-authorization', 'x-api-key', 'x-forwarded-for', 'te']) {
      expect(headers[name]).toBeUndefined()
    }
  }
  expect(classifier.received.length).toBeGreaterThan(0)
  for (const { headers, path, bytes } of classifier.received) {
    expect(path).toBe('/v1/chat/completions?api-version=1')
    expect(found(JSON.stringify(headers), 'classifierKey')).toEqual([])
    expect(found(bytes.toString(), 'question')).toEqual([])
  }
})

test('what is kept on disk holds no question and no key, and the vectors not even the texts of examples', () => {
  const data = join(folder, 'data')
  const files = readdirSync(data, { recursive: true, withFileTypes: true }).filter(file => file.isFile())
  const [example] = readFileSync(join(fixtures, 'context.jsonl'), 'utf8').split('\n')
  const text = JSON.parse(example ?? '').question
  expect(files.length).toBeGreaterThan(0)
  for (const file of files) {
    const kept = readFileSync(join(file.parentPath, file.name), 'latin1')
    expect([file.name, found(kept), kept.includes(text)]).toEqual([file.name, [], false])
  }
})

test('hop-by-hop headers and cookies of an expert do not reach the client', () => {
  for (const [where, text] of seen) {
    const [head = ''] = text.split('\n\n')
    expect([where, /^(set-cookie|x-debug|proxy-|te:|trailer|upgrade)/im.test(head)]).toEqual([where, false])
  }
})
