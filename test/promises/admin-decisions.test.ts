import { hash } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { get as httpGet, type IncomingMessage } from 'node:http'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { decisionsAnswer, expertsAnswer, explanationAnswer } from '../../src/http/admin/answers.ts'
import { ADMIN_KEY, operator } from '../support/admin.ts'
import { fails, says, startExpert } from '../support/expert-server.ts'
import { ask, json, mapOf, type RunningGateway, remote, startGateway } from '../support/gateway.ts'

const key = { COE_ADMIN_KEY: ADMIN_KEY }
const runbook = mapOf({ runbook: { builtin: 'runbook' } })

test('what was decided can be looked up, newest first, by task and expert and page by page, without its text', async () => {
  await using a = await startExpert(says('from a'))
  await using gateway = await startGateway(mapOf({ a: remote(a.url), runbook: { builtin: 'runbook' } }), key)
  const { get } = operator(gateway)
  for (const question of ['planted-question one', 'planted-question two', 'planted-question three']) {
    await gateway.post('/v1/chat/completions', ask(question), {
      headers: { 'content-type': 'application/json', 'x-request-id': question.replace(' ', '.') },
    })
  }
  await gateway.post('/v1/chat/completions', ask('x', { model: 'expert/runbook', stream: true }))
  await gateway.post('/v1/chat/completions', { nonsense: true })
  await expect.poll(async () => (await get('/decisions')).decisions.length).toBe(4)
  const all = decisionsAnswer.parse(await get('/decisions'))
  expect(all.decisions.map(({ requestId }) => requestId).slice(1)).toEqual([
    'planted-question.three',
    'planted-question.two',
    'planted-question.one',
  ])
  expect(all.decisions[3]).toMatchObject({
    seq: 1,
    endpoint: 'chat/completions',
    stream: false,
    status: 200,
    expert: 'a',
    tried: ['a'],
    questionChars: 20,
    questionHash: expect.stringMatching(/^[0-9a-f]{16}$/),
    snapshot: gateway.live.current().snapshot.version,
  })
  expect(JSON.stringify(all)).not.toContain('planted-question one')
  const seqs = async (query: string) =>
    (await get(`/decisions?${query}`)).decisions.map(({ seq }: { seq: number }) => seq)
  expect([await seqs('expert=runbook'), await seqs('decidedBy=pinned')]).toEqual([[4], [4]])
  expect(await seqs(`task=${all.decisions[3]?.task}&expert=a`)).toContain(1)
  const page = await get('/decisions?limit=3')
  expect([page.next, await seqs(`limit=3&before=${page.next}`)]).toEqual([2, [1]])
  const wrong = await operator(gateway).send('GET', '/decisions?limit=0')
  expect([wrong.status, (await json(wrong)).error.message]).toEqual([400, expect.stringContaining('limit')])
})

test('a question bears the same hash whoever answered it, or nobody, and another question another', async () => {
  await using a = await startExpert(says('from a'))
  await using gateway = await startGateway(mapOf({ a: remote(a.url) }), key)
  const { get } = operator(gateway)
  const decided = async (question: string, count: number) => {
    await (await gateway.post('/v1/chat/completions', ask(question))).text()
    await expect.poll(async () => (await get('/decisions')).decisions.length).toBe(count)
  }
  await decided('disk is full', 1)
  a.behave(fails(500))
  await decided('disk is full', 2)
  await decided('disk is empty', 3)
  const { decisions } = decisionsAnswer.parse(await get('/decisions'))
  const hashes = ['disk is empty', 'disk is full', 'disk is full'].map(question =>
    hash('sha256', question, 'hex').slice(0, 16),
  )
  expect(decisions.map(({ questionHash }) => questionHash)).toEqual(hashes)
  expect(decisions.map(({ status }) => status)).toEqual([502, 502, 200])
  expect(gateway.logged.join('')).not.toContain(hashes[0])
  expect(gateway.logged.join('')).not.toContain(hashes[1])
})

test('with LOG_QUESTIONS the text is kept, in the ring and in a file with one line a decision', async () => {
  await using other = await startGateway(runbook)
  const path = join(other.folder, 'decisions.jsonl')
  await writeFile(path, '{"torn":')
  {
    await using gateway = await startGateway(runbook, {
      ...key,
      LOG_QUESTIONS: 'true',
      COE_DECISIONS_FILE: path,
    })
    await gateway.post('/v1/chat/completions', ask('the disk is full'))
    await expect
      .poll(async () => (await operator(gateway).get('/decisions')).decisions[0]?.question)
      .toBe('the disk is full')
  }
  const [torn, line] = (await readFile(path, 'utf8')).split('\n')
  expect(torn).toBe('{"torn":')
  expect(JSON.parse(line ?? '')).toMatchObject({ question: 'the disk is full', expert: 'runbook', seq: 1 })
})

test('a full disk under the decisions is said in /readyz and once in the log, and harms nobody', async () => {
  await using gateway = await startGateway(runbook, { COE_DECISIONS_FILE: '/dev/full' })
  for (let lost = 1; lost <= 3; lost++) {
    expect((await gateway.post('/v1/chat/completions', ask('the disk is full'))).status).toBe(200)
    const said = expect.stringContaining(`decisions are missing in /dev/full, ${lost} of them: ENOSPC`)
    await expect
      .poll(() => json(fetch(`${gateway.url}/readyz`)))
      .toMatchObject({ status: 'ok', notKept: [said] })
  }
  expect(gateway.logged.filter(line => line.includes('decisions are not written'))).toHaveLength(1)
})

type Listening = { readonly response: IncomingMessage; readonly text: () => string }

const listen = (gateway: RunningGateway) =>
  new Promise<Listening>((resolve, reject) => {
    const headers = { authorization: `Bearer ${ADMIN_KEY}` }
    httpGet(`${gateway.url}/admin/decisions/stream`, { headers }, response => {
      let text = ''
      response.setEncoding('utf8').on('data', chunk => (text += chunk))
      response.on('error', () => undefined)
      resolve({ response, text: () => text })
    }).on('error', reject)
  })

test('whoever listens hears of each decision as it is made, and a shutdown does not wait for listeners', async () => {
  const gateway = await startGateway(runbook, key)
  const [one, two] = [await listen(gateway), await listen(gateway)]
  expect(one.response.headers['content-type']).toBe('text/event-stream')
  await gateway.post('/v1/chat/completions', ask('the disk is full'))
  for (const { text } of [one, two])
    await expect.poll(text).toMatch(/event: decision\nid: 1\ndata: \{.*\}\n\n$/)
  two.response.destroy()
  await gateway.post('/v1/chat/completions', ask('the disk is full'))
  await expect.poll(one.text).toContain('id: 2\n')
  const ended = new Promise(resolve => one.response.on('end', resolve))
  const began = performance.now()
  await gateway.close()
  await ended
  expect(performance.now() - began).toBeLessThan(10_000)
})

test('listeners that leave make room for others', async () => {
  await using gateway = await startGateway(runbook, key)
  for (let i = 0; i < 101; i++) {
    const { response } = await listen(gateway)
    expect(response.statusCode).toBe(200)
    response.destroy()
    if (i % 20 === 0) await new Promise(resolve => setTimeout(resolve, 20))
  }
})

test('the whole way of a decision is told: neighbours with their text, the prompt, the reply, and what it took', async () => {
  await using judge = await startExpert(says('I think **Task: deploy**'))
  await using a = await startExpert(says('from a'))
  const map = mapOf(
    { a: remote(a.url), judge: remote(judge.url) },
    { classifier: { expert: 'judge', use: 'always' } },
  )
  await using gateway = await startGateway(map, key)
  const { post, send } = operator(gateway)
  const told = explanationAnswer.parse(await post('/route', { question: 'the rollout is stuck' }))
  expect(told).toMatchObject({
    question: 'the rollout is stuck',
    decision: { task: 'deploy', decidedBy: 'classifier', experts: ['a', 'judge'] },
    classifier: {
      outcome: 'answered',
      reply: 'I think **Task: deploy**',
      prompt: { user: expect.stringContaining('the rollout is stuck') },
    },
  })
  expect(told.decision.neighbours[0]).toMatchObject({
    question: expect.any(String),
    at: expect.stringMatching(/^context\.jsonl:\d+$/),
  })
  expect(a.received).toHaveLength(0)
  const wrapped = await post('/route', {
    messages: [
      { role: 'system', content: 'be brief' },
      { role: 'user', content: 'the rollout is stuck' },
      { role: 'assistant', content: 'which?' },
      { role: 'user', content: 'and on Ubuntu?' },
    ],
  })
  expect(wrapped.question).toBe('the rollout is stuck\nand on Ubuntu?')
  const named = await post('/route', { question: 'x', model: 'task/build' })
  expect(named).toMatchObject({ decision: { task: 'build', decidedBy: 'pinned' } })
  expect(named).not.toHaveProperty('classifier')
  expect((await send('POST', '/route', {})).status).toBe(400)
  expect((await send('POST', '/route', { question: 'x', model: 'nobody' })).status).toBe(404)
  // Asking why is no request: it is neither counted nor remembered.
  expect(await operator(gateway).get('/decisions')).toEqual({ decisions: [] })
})

test('what an expert did in the last hour is told: answers, failures, tokens and waits', async () => {
  await using a = await startExpert(says('from a'))
  await using broken = await startExpert(fails(500))
  await using gateway = await startGateway(mapOf({ broken: remote(broken.url), a: remote(a.url) }), key)
  for (let i = 0; i < 3; i++)
    await (await gateway.post('/v1/chat/completions', ask('the disk is full'))).text()
  const { experts } = expertsAnswer.parse(await operator(gateway).get('/experts'))
  const of = (id: string) => experts.find(expert => expert.id === id)
  expect(of('a')).toMatchObject({ answered: 3, failed: 0, tokens: 6 })
  expect(of('a')?.p95Ms).toBeGreaterThan(0)
  expect(of('broken')).toMatchObject({ answered: 0, tokens: 0, p50Ms: null })
  expect(of('broken')?.failed).toBeGreaterThan(0)
  expect(of('a')?.history.reduce((sum, minute) => sum + minute.answered, 0)).toBe(3)
})
