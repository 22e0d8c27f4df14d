import { spawn } from 'node:child_process'
import { appendFile, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { askAbout } from '../../src/commands/corrections.ts'
import { feedbackAnswer } from '../../src/http/admin/candidate-answers.ts'
import { createFeedback } from '../../src/observe/feedback.ts'
import { createRotatingFile } from '../../src/observe/rotating-file.ts'
import { says, stallsAfter, startExpert } from '../support/expert-server.ts'
import { ask, json, mapOf, type RunningGateway, remote, root, startGateway } from '../support/gateway.ts'
import { leavingClient } from '../support/leaving-client.ts'

const keys = { COE_ADMIN_KEY: 'planted-admin-key', COE_API_KEYS: 'one:key-one,two:key-two' }

const headers = (key: string, more: Record<string, string> = {}) => ({
  'content-type': 'application/json',
  authorization: `Bearer ${key}`,
  ...more,
})

const answered = async (gateway: RunningGateway, text: string, more: Record<string, string> = {}) => {
  const response = await gateway.post('/v1/chat/completions', ask(text), {
    headers: headers('key-one', more),
  })
  await response.text()
  return response.headers.get('x-request-id')
}

const say = async (gateway: RunningGateway, body: object, key = 'key-one') => {
  const response = await gateway.post('/v1/feedback', body, { headers: headers(key) })
  const text = await response.text()
  return { status: response.status, error: text === '' ? undefined : JSON.parse(text).error }
}

const shown = (gateway: RunningGateway) =>
  json(fetch(`${gateway.url}/admin/feedback`, { headers: { authorization: 'Bearer planted-admin-key' } }))

test('what a client says of its answers is counted by expert and task, beside what was measured, and changes no map', async () => {
  await using expert = await startExpert(says('fine'))
  const map = mapOf({ a: remote(expert.url) }, { scores: { a: { operate: { accuracy: 0.87, n: 218 } } } })
  await using gateway = await startGateway(map, keys)
  const before = gateway.live.current()
  const rated = [
    { score: 0.25 },
    { rating: 'good' },
    { rating: 'bad', correct_task: 'deploy' },
    { score: 1, correct_task: 'operate' },
  ]
  for (const opinion of rated) {
    const request_id = await answered(gateway, 'planted-question: disk is full')
    expect(await say(gateway, { request_id, ...opinion })).toEqual({ status: 204 })
  }
  const build = await answered(gateway, 'maven cannot resolve a dependency')
  expect((await say(gateway, { request_id: build, rating: 'good' })).status).toBe(204)
  const { experts, corrections } = feedbackAnswer.parse(await shown(gateway))
  expect(experts).toEqual([
    {
      expert: 'a',
      task: 'operate',
      good: 2,
      bad: 2,
      mean: 0.5625,
      n: 4,
      measured: { accuracy: 0.87, n: 218 },
    },
    { expert: 'a', task: 'build', good: 1, bad: 0, mean: 1, n: 1, measured: null },
  ])
  expect(corrections).toEqual([
    expect.objectContaining({
      from: 'operate',
      to: 'deploy',
      client: 'one',
      questionHash: expect.any(String),
    }),
  ])
  expect(gateway.live.current()).toBe(before)
  const metrics = await (await fetch(`${gateway.url}/metrics`)).text()
  expect(metrics).toContain('coe_feedback_total{expert="a",task="operate",rating="bad"} 2')

  // Questions are kept nowhere unless that is wished for.
  const kept = await readFile(join(gateway.folder, 'data', 'feedback.jsonl'), 'utf8')
  expect(JSON.parse(kept)).toMatchObject({ from: 'operate', to: 'deploy', score: 0, expert: 'a' })
  expect([kept, JSON.stringify(corrections), gateway.logged.join('')].join('')).not.toContain(
    'planted-question',
  )
  expect((await stat(join(gateway.folder, 'data', 'feedback.jsonl'))).mode & 0o077).toBe(0)
})

test('only who got an answer may say something about it, and of others it is not told that there is one', async () => {
  await using gateway = await startGateway(mapOf({ runbook: { builtin: 'runbook' } }), keys)
  const mine = await answered(gateway, 'disk is full', { 'x-request-id': 'guessable-1' })
  expect(mine).toBe('guessable-1')
  const ofOthers = await say(gateway, { request_id: 'guessable-1', rating: 'bad' }, 'key-two')
  const ofNobody = await say(gateway, { request_id: 'guessable-2', rating: 'bad' }, 'key-two')
  expect([ofOthers.status, ofNobody.status]).toEqual([404, 404])
  expect(ofOthers.error.message.replace('-1', '-2')).toBe(ofNobody.error.message)
  expect((await say(gateway, { request_id: mine, rating: 'bad' }, 'no-key')).status).toBe(401)
  expect((await shown(gateway)).experts).toEqual([])
  expect((await say(gateway, { request_id: mine, rating: 'bad' })).status).toBe(204)
})

test('said again, the last word counts; and it may be said while the answer still runs', async () => {
  await using expert = await startExpert(stallsAfter('one '))
  await using gateway = await startGateway(mapOf({ a: remote(expert.url) }), {
    COE_ADMIN_KEY: keys.COE_ADMIN_KEY,
  })
  const client = leavingClient(gateway, ask('disk is full', { stream: true }))
  await client.firstBytes
  const request_id = String(expert.received[0]?.headers['x-request-id'])
  for (const score of [0, 1, 0.5]) {
    expect(await say(gateway, { request_id, score, correct_task: 'build' })).toEqual({ status: 204 })
  }
  const { experts, corrections } = await shown(gateway)
  expect(experts).toMatchObject([{ good: 1, bad: 0, mean: 0.5, n: 1 }])
  expect(corrections).toMatchObject([{ requestId: request_id, score: 0.5 }])
  client.leave()
})

test('what cannot be meant is refused by name: no score, both, a score beyond 1, a task that is none', async () => {
  await using gateway = await startGateway(mapOf({ runbook: { builtin: 'runbook' } }), keys)
  const request_id = await answered(gateway, 'disk is full')
  for (const [body, param] of [
    [{ rating: 'good' }, 'request_id'],
    [{ request_id }, 'score'],
    [{ request_id, score: 1, rating: 'good' }, 'score'],
    [{ request_id, score: 1.5 }, 'score'],
    [{ request_id, rating: 'so so' }, 'rating'],
    [{ request_id, rating: 'bad', correct_task: 'baking' }, 'correct_task'],
    [{ request_id, rating: 'bad', correct_task: '__proto__' }, 'correct_task'],
  ] as const) {
    expect(await say(gateway, body), JSON.stringify(body)).toMatchObject({
      status: 400,
      error: { code: 'invalid_request', param },
    })
  }
  expect((await shown(gateway)).experts).toEqual([])
})

test('ten thousand answers are known, and of long questions as many as 16 MB hold', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'coe-test-'))
  const events = { rated: () => undefined, feedbackLost: () => undefined }
  const answer = (i: number, question = '') => ({
    requestId: `r${i}`,
    client: undefined,
    task: 't',
    expert: 'e',
    question,
    questionHash: String(i),
  })
  const knows = (feedback: Awaited<ReturnType<typeof createFeedback>>, i: number) =>
    feedback.give({ requestId: `r${i}`, client: undefined, score: 1, correctTask: undefined })
  const short = await createFeedback({ dataPath: folder, withQuestions: false, events })
  for (let i = 0; i < 10_001; i++) short.remember(answer(i, 'x'.repeat(8_000)))
  expect([knows(short, 0), knows(short, 1), knows(short, 10_000)]).toEqual([false, true, true])
  const long = await createFeedback({ dataPath: folder, withQuestions: true, events })
  for (let i = 0; i < 2_100; i++) long.remember(answer(i, 'x'.repeat(8_000)))
  expect([knows(long, 2), knows(long, 3), knows(long, 2_099)]).toEqual([false, true, true])
  await rm(folder, { recursive: true })
})

test('corrections survive a restart and half a line; a disk that takes nothing fails no request, and is said once', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'coe-test-'))
  const lost: unknown[] = []
  const events = { rated: () => undefined, feedbackLost: (error: unknown) => void lost.push(error) }
  const correct = (feedback: Awaited<ReturnType<typeof createFeedback>>, requestId: string) => {
    feedback.remember({
      requestId,
      client: 'one',
      task: 'build',
      expert: 'e',
      question: 'q',
      questionHash: 'h',
    })
    return feedback.give({ requestId, client: 'one', score: 0, correctTask: 'deploy' })
  }
  const first = await createFeedback({ dataPath: folder, withQuestions: true, events })
  expect([correct(first, 'r1'), correct(first, 'r2')]).toEqual([true, true])
  await first.close()
  await appendFile(join(folder, 'feedback.jsonl'), '{"at": "20')
  const second = await createFeedback({ dataPath: folder, withQuestions: true, events })
  expect(correct(second, 'r3')).toBe(true)
  await second.close()
  const third = await createFeedback({ dataPath: folder, withQuestions: true, events })
  expect(third.corrections().map(({ requestId }) => requestId)).toEqual(['r3', 'r2', 'r1'])
  expect(lost).toEqual([])

  await writeFile(join(folder, 'file'), '')
  const full = await createFeedback({ dataPath: join(folder, 'full'), withQuestions: true, events })
  await mkdir(join(folder, 'full', 'feedback.jsonl'), { recursive: true })
  for (const id of ['r4', 'r5', 'r6']) {
    expect(correct(full, id)).toBe(true)
    await full.close()
  }
  expect(lost).toHaveLength(1)
  await rm(folder, { recursive: true })
})

test('a file of lines holds as much as it may, and what was before; lines that find the disk too slow are dropped', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'coe-test-'))
  let lost = 0
  const file = createRotatingFile({
    path: join(folder, 'lines.jsonl'),
    before: join(folder, 'lines.1.jsonl'),
    maxBytes: 1_000,
    limit: 10,
    onLost: () => void lost++,
  })
  for (let i = 0; i < 500; i++) {
    file.append(`{"line": ${i}}`)
    await file.close()
  }
  expect((await readdir(folder)).sort()).toEqual(['lines.1.jsonl', 'lines.jsonl'])
  const last = (await readFile(join(folder, 'lines.jsonl'), 'utf8')).trimEnd().split('\n').at(-1)
  expect(JSON.parse(last ?? '')).toEqual({ line: 499 })
  expect((await stat(join(folder, 'lines.1.jsonl'))).size).toBeLessThan(1_100)
  for (let i = 0; i < 100; i++) file.append(`${i}`)
  await file.close()
  expect(lost).toBe(1)
  await rm(folder, { recursive: true })
})

const contextAdd = async (gateway: RunningGateway, ...more: string[]) => {
  const child = spawn(
    process.execPath,
    [join(root, 'dist/main.js'), 'context', 'add', '--from-feedback', '--map', gateway.mapPath, ...more],
    {
      env: { PATH: process.env.PATH, COE_DATA: join(gateway.folder, 'data') },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  )
  let [out, complained] = ['', '']
  child.stdout.on('data', chunk => (out += chunk))
  child.stderr.on('data', chunk => (complained += chunk))
  const status = await new Promise(resolve => child.once('close', resolve))
  return { status, out, complained }
}

test('corrected questions become examples only when somebody agrees, and the running gateway then knows them', async () => {
  await using gateway = await startGateway(mapOf({ runbook: { builtin: 'runbook' } }), {
    ...keys,
    LOG_QUESTIONS: 'true',
  })
  const context = join(gateway.folder, 'context.jsonl')
  const before = await readFile(context, 'utf8')
  const question = 'argo refuses to sync the payments app \u001b[31mnow'
  const request_id = await answered(gateway, question)
  expect((await say(gateway, { request_id, rating: 'bad', correct_task: 'operate' })).status).toBe(204)
  const printed = await contextAdd(gateway)
  expect(printed).toMatchObject({ status: 0, complained: '' })
  expect(printed.out).toContain('argo refuses to sync the payments app')
  expect(printed.out).toMatch(/decided \S+ \(runbook\), a client says operate/)
  expect(printed.out).not.toContain('\u001b')
  expect(await readFile(context, 'utf8')).toBe(before)

  const version = gateway.live.current().snapshot.version
  const added = await contextAdd(gateway, '--yes', '--json')
  expect(JSON.parse(added.out)).toMatchObject({
    file: context,
    added: [{ question, to: 'operate' }],
    open: [],
  })
  const after = await readFile(context, 'utf8')
  expect(after.startsWith(before)).toBe(true)
  expect(JSON.parse(after.trimEnd().split('\n').at(-1) ?? '')).toEqual({
    question,
    task: 'operate',
    source: `feedback ${request_id}`,
  })
  await expect.poll(() => gateway.live.current().snapshot.version).not.toBe(version)
  expect((await contextAdd(gateway, '--yes')).out).toContain('No correction waits')
  expect((await contextAdd(gateway, '--to', 'elsewhere.jsonl')).status).toBe(2)
})

test('a person is asked about each: yes, never, another task, later, and the rest is left when they stop', async () => {
  const open = ['first', 'second', 'third', 'fourth', 'fifth'].map((question, i) => ({
    at: '',
    requestId: `r${i}`,
    expert: 'e',
    from: 'build',
    to: 'deploy',
    score: 0,
    question,
    questionHash: '',
  }))
  const answers = ['y', 'n', 'e', 'baking', 'operate', '', 'q']
  const asked: string[] = []
  const verdicts = await askAbout(open, {
    tasks: ['build', 'operate'],
    ask: async text => {
      asked.push(text)
      return answers.shift()
    },
  })
  expect(verdicts.added.map(({ question, to }) => [question, to])).toEqual([
    ['first', 'deploy'],
    ['third', 'operate'],
  ])
  expect(verdicts.declined.map(({ question }) => question)).toEqual(['second'])
  expect(asked).toHaveLength(7)
})
