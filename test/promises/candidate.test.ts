import { appendFile, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { stringify } from 'yaml'
import { candidate } from '../../src/commands/candidate.ts'
import { parseCommand } from '../../src/commands/command.ts'
import { isAmong } from '../../src/routing/candidate/side.ts'
import { fails, hangs, says, stallsAfter, startExpert } from '../support/expert-server.ts'
import { ask, json, mapOf, type RunningGateway, remote, startGateway } from '../support/gateway.ts'
import { leavingClient } from '../support/leaving-client.ts'

const environment = { COE_ADMIN_KEY: 'planted-admin-key' }

const admin = (gateway: RunningGateway, method: string, path = '', body?: object) =>
  fetch(`${gateway.url}/admin/candidate${path}`, {
    method,
    headers: { authorization: 'Bearer planted-admin-key' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })

const begin = async (gateway: RunningGateway, map: object, more: object = {}) => {
  const response = await admin(gateway, 'PUT', '', { source: stringify(map), mode: 'shadow', ...more })
  expect([response.status, await response.clone().text()]).toEqual([200, expect.any(String)])
  return await json(response)
}

const shown = (gateway: RunningGateway) => json(admin(gateway, 'GET'))

const chat = async (
  gateway: RunningGateway,
  text: string,
  headers: Record<string, string> = {},
  more = {},
) => {
  const response = await gateway.post('/v1/chat/completions', ask(text, more), {
    headers: { 'content-type': 'application/json', ...headers },
  })
  return {
    status: response.status,
    snapshot: response.headers.get('x-coe-snapshot'),
    expert: response.headers.get('x-coe-expert'),
    text: await response.text(),
  }
}

/** Names of conversations that a share takes, and of some that it leaves. */
const conversations = (percent: number) => {
  const names = Array.from({ length: 200 }, (_, i) => `conversation-${i}`)
  return {
    taken: names.filter(name => isAmong(percent, '', name)),
    left: names.filter(name => !isAmong(percent, '', name)),
  }
}

test('in the shadow a candidate decides what is asked, calls nobody, and what would move is counted and listed', async () => {
  await using a = await startExpert(says('from a'))
  await using b = await startExpert(says('from b'))
  const map = mapOf({ a: remote(a.url), b: remote(b.url) })
  await using gateway = await startGateway(map, environment)
  expect(await shown(gateway)).toBe(null)
  const before = gateway.live.current()
  const begun = await begin(
    gateway,
    { ...map, tasks: { ...map.tasks, operate: { experts: ['b', 'a'] } } },
    { why: 'b is better at night' },
  )
  expect(begun).toMatchObject({ mode: 'shadow', percent: 0, why: 'b is better at night', by: 'api', seen: 0 })
  expect(begun.version).not.toBe(before.snapshot.version)
  expect(begun.against).toBe(before.snapshot.version)
  expect(await readFile(gateway.mapPath, 'utf8')).not.toContain('night')

  const moved = await chat(gateway, 'disk is full on the database host')
  const kept = await chat(gateway, 'maven cannot resolve a dependency')
  await chat(gateway, 'pinned', {}, { model: 'task/operate' })
  for (const answer of [moved, kept])
    expect(answer).toMatchObject({ status: 200, expert: 'a', snapshot: before.snapshot.version })
  await expect.poll(async () => (await shown(gateway)).seen).toBe(2)
  const report = await shown(gateway)
  expect(report).toMatchObject({ seen: 2, same: 1, moved: 1, notSeen: 0, needClassifier: 0 })
  const move = { from: { task: 'operate', expert: 'a' }, to: { task: 'operate', expert: 'b' } }
  expect(report.byMove).toEqual([{ ...move, count: 1 }])
  expect(report.examples).toEqual([
    expect.objectContaining({
      ...move,
      questionChars: 33,
      questionHash: expect.stringMatching(/^[0-9a-f]{16}$/),
    }),
  ])
  expect(JSON.stringify(report)).not.toContain('disk is full')
  expect(report.sides.served).toMatchObject({ answers: 3, failures: 0, refused: 0 })
  expect(report.sides.candidate).toMatchObject({ answers: 0 })
  expect([a.received.length, b.received.length]).toEqual([3, 0])
})

test('the text of what would move is shown where questions may be kept', async () => {
  await using gateway = await startGateway(mapOf({ runbook: { builtin: 'runbook' } }), {
    ...environment,
    LOG_QUESTIONS: 'true',
  })
  await using expert = await startExpert()
  await begin(gateway, mapOf({ other: remote(expert.url) }))
  await chat(gateway, 'disk is full')
  await expect.poll(async () => (await shown(gateway)).examples[0]?.question).toBe('disk is full')
  expect(expert.received).toHaveLength(0)
})

test('a candidate with other examples decides by them, without its classifier', async () => {
  await using expert = await startExpert()
  await using gateway = await startGateway(mapOf({ a: remote(expert.url) }), environment)
  const map = mapOf(
    { a: remote(expert.url) },
    {
      context: ['context.jsonl', 'more.jsonl'],
      classifier: { expert: 'a', use: 'always' },
    },
  )
  await writeFile(
    join(gateway.folder, 'more.jsonl'),
    '{"question": "the sourdough starter smells of acetone", "task": "baking"}\n{"task": "baking", "keywords": ["sourdough", "oven", "starter", "acetone"]}\n',
  )
  await begin(gateway, { ...map, tasks: { ...map.tasks, baking: { experts: ['a'] } } })
  await chat(gateway, 'the sourdough starter smells of acetone')
  await expect
    .poll(async () => (await shown(gateway)).byMove)
    .toEqual([{ from: { task: 'unknown', expert: 'a' }, to: { task: 'baking', expert: 'a' }, count: 1 }])
  expect((await shown(gateway)).needClassifier).toBe(1)
  expect(expert.received).toHaveLength(1)
})

test('a classifier is not called in the shadow unless it is wished for: what would need it is marked', async () => {
  await using a = await startExpert(says('**Task: [deploy]**'))
  const experts = { a: remote(a.url) }
  await using gateway = await startGateway(mapOf(experts), environment)
  const map = mapOf(experts, { classifier: { expert: 'a', use: 'always' } })
  await begin(gateway, map)
  await chat(gateway, 'disk is full')
  await expect.poll(async () => (await shown(gateway)).seen).toBe(1)
  expect(await shown(gateway)).toMatchObject({ same: 1, moved: 0, needClassifier: 1 })
  expect(a.received).toHaveLength(1)

  expect(await json(admin(gateway, 'POST', '', { classifier: true }))).toMatchObject({
    classifier: true,
    seen: 1,
  })
  await chat(gateway, 'disk is full')
  await expect.poll(async () => (await shown(gateway)).seen).toBe(2)
  expect(await shown(gateway)).toMatchObject({
    moved: 1,
    needClassifier: 1,
    byMove: [{ from: { task: 'operate' }, to: { task: 'deploy' } }],
  })
  expect(a.received).toHaveLength(3)
})

test('a share of conversations is answered by the candidate, each wholly on one side, and both sides are counted', async () => {
  await using a = await startExpert(says('from a'))
  await using b = await startExpert(says('from b'))
  await using gateway = await startGateway(mapOf({ a: remote(a.url) }), environment)
  const served = gateway.live.current().snapshot.version
  const { version } = await begin(gateway, mapOf({ b: remote(b.url) }), { mode: 'percent', percent: 25 })
  const { taken, left } = conversations(25)
  expect([taken.length > 30, taken.length < 70]).toEqual([true, true])
  for (const name of taken.slice(0, 3)) {
    for (const text of ['disk is full', 'maven cannot resolve a dependency']) {
      for (const stream of [false, true]) {
        const answer = await chat(gateway, text, { 'x-coe-conversation': name }, { stream })
        expect(answer).toMatchObject({ status: 200, snapshot: version, expert: 'b' })
      }
    }
  }
  const onServed = await chat(gateway, 'disk is full', { 'x-coe-conversation': left[0] ?? '' })
  expect(onServed).toMatchObject({ snapshot: served, expert: 'a' })
  const named = await chat(gateway, 'x', { 'x-coe-conversation': taken[0] ?? '' }, { model: 'expert/a' })
  expect(named).toMatchObject({ snapshot: served, expert: 'a' })

  b.behave(fails(503))
  const failed = await chat(gateway, 'disk is full', { 'x-coe-conversation': taken[0] ?? '' })
  expect(failed).toMatchObject({ status: 502, snapshot: version })
  await expect.poll(async () => (await shown(gateway)).sides.candidate.failures).toBe(1)
  const { sides } = await shown(gateway)
  expect(sides).toMatchObject({
    candidate: { answers: 12, failures: 1, p50Ms: expect.any(Number), p95Ms: expect.any(Number) },
    served: { answers: 2, failures: 0 },
  })
  const metrics = await (await fetch(`${gateway.url}/metrics`)).text()
  for (const line of [
    `coe_candidate_info{version="${version}",mode="percent"} 25`,
    'coe_candidate_answers{side="candidate",outcome="failures"} 1',
    'coe_candidate_questions{outcome="moved"} 1',
  ])
    expect(metrics).toContain(line)
})

test('without a name a conversation is its first message, however it goes on, and its client', async () => {
  await using a = await startExpert()
  await using b = await startExpert()
  await using gateway = await startGateway(mapOf({ a: remote(a.url) }), {
    ...environment,
    COE_API_KEYS: 'one:key-one,two:key-two',
  })
  await begin(gateway, mapOf({ b: remote(b.url) }), { mode: 'percent', percent: 50 })
  const firsts = Array.from({ length: 40 }, (_, i) => `host number ${i} has a full disk`)
  const side = async (messages: object[], key: string, more: object = {}) => {
    const response = await gateway.post(
      '/v1/chat/completions',
      { model: 'auto', messages, ...more },
      { headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` } },
    )
    await response.text()
    return response.headers.get('x-coe-expert')
  }
  const user = (content: unknown) => ({ role: 'user', content })
  const begins = await Promise.all(firsts.map(first => side([user(first)], 'key-one')))
  const goesOn = await Promise.all(
    firsts.map(first =>
      side(
        [
          { role: 'system', content: 'be brief' },
          user([{ type: 'text', text: first }]),
          { role: 'assistant', content: 'delete some logs' },
          user('what about maven, it cannot resolve a dependency?'),
        ],
        'key-one',
      ),
    ),
  )
  expect(goesOn).toEqual(begins)
  expect(new Set(begins)).toEqual(new Set(['a', 'b']))
  const ofAnother = await Promise.all(firsts.map(first => side([user(first)], 'key-two')))
  expect(ofAnother).not.toEqual(begins)

  // Named by the client in any of three ways, whatever is asked.
  for (const more of [
    { user: 'u-7' },
    { metadata: { conversation_id: 'u-7' } },
    { conversation: { id: 'u-7' } },
  ]) {
    const sides = await Promise.all(firsts.map(first => side([user(first)], 'key-one', more)))
    expect(new Set(sides).size, JSON.stringify(more)).toBe(1)
  }
})

test('a share that grows keeps the conversations that it had, and is as large as it says', () => {
  const names = Array.from({ length: 20_000 }, (_, i) => `c-${i}`)
  const taken = (percent: number) => names.filter(name => isAmong(percent, 'chatbot', name))
  const [ten, half] = [taken(10), new Set(taken(50))]
  expect(Math.abs(ten.length / names.length - 0.1)).toBeLessThan(0.01)
  expect(ten.every(name => half.has(name))).toBe(true)
  expect([taken(100).length, taken(0).length]).toEqual([names.length, 0])
})

test('activated, a candidate is what is served and what stands in the map file; the rest is finished where it began', async () => {
  await using a = await startExpert(stallsAfter('one '))
  await using b = await startExpert(says('from b'))
  await using gateway = await startGateway(mapOf({ a: remote(a.url) }), environment)
  const running = leavingClient(gateway, ask('disk is full', { stream: true }))
  await running.firstBytes
  const next = mapOf({ b: remote(b.url) })
  const { version } = await begin(gateway, next)
  const activated = await admin(gateway, 'POST', '/activate', { why: 'it was better for a week' })
  expect([activated.status, await json(activated)]).toEqual([200, { version, replaced: true }])
  expect(await readFile(gateway.mapPath, 'utf8')).toBe(stringify(next))
  expect(await chat(gateway, 'disk is full')).toMatchObject({ snapshot: version, expert: 'b' })
  expect(await shown(gateway)).toBe(null)
  expect((await gateway.reload()).snapshot.version).toBe(version)
  const past = await json(
    fetch(`${gateway.url}/admin/candidates`, { headers: { authorization: 'Bearer planted-admin-key' } }),
  )
  expect(past.ended).toMatchObject([{ version, outcome: 'activated', because: 'it was better for a week' }])
  const experts = await json(
    fetch(`${gateway.url}/admin/experts`, { headers: { authorization: 'Bearer planted-admin-key' } }),
  )
  expect(
    experts.experts.map((expert: { id: string; inFlight: number }) => [expert.id, expert.inFlight]),
  ).toEqual([
    ['a', 1],
    ['b', 0],
  ])
  running.leave()
})

test('a map file that somebody else has changed is not written over', async () => {
  await using a = await startExpert()
  await using gateway = await startGateway(mapOf({ a: remote(a.url) }), environment, { watchFiles: false })
  const served = gateway.live.current().snapshot.version
  await begin(gateway, mapOf({ a: remote(a.url) }, { name: 'candidate' }))
  await writeFile(gateway.mapPath, 'name: half an ed')
  const refused = await admin(gateway, 'POST', '/activate', {})
  expect([refused.status, (await json(refused)).error.code]).toEqual([412, 'version_changed'])
  expect(await readFile(gateway.mapPath, 'utf8')).toBe('name: half an ed')
  expect(gateway.live.current().snapshot.version).toBe(served)
  expect((await shown(gateway)).name).toBe('candidate')
})

test('dropped or replaced, a candidate answers what it has begun and then lets go of its experts', async () => {
  await using a = await startExpert()
  await using b = await startExpert(stallsAfter('one '))
  await using gateway = await startGateway(mapOf({ a: remote(a.url) }), environment)
  const names = async () =>
    (
      await json(
        fetch(`${gateway.url}/admin/experts`, { headers: { authorization: 'Bearer planted-admin-key' } }),
      )
    ).experts.map((expert: { id: string }) => expert.id)
  await begin(gateway, mapOf({ b: remote(b.url) }), { mode: 'percent', percent: 100 })
  const running = leavingClient(gateway, ask('disk is full', { stream: true }))
  await running.firstBytes
  await begin(gateway, mapOf({ c: remote(a.url) }), { mode: 'percent', percent: 100 })
  expect(await names()).toEqual(['a', 'b', 'c'])
  expect(await chat(gateway, 'disk is full')).toMatchObject({ status: 200, expert: 'c' })
  running.leave()
  await expect.poll(names).toEqual(['a', 'c'])
  const dropped = await admin(gateway, 'DELETE')
  expect([dropped.status, await json(dropped)]).toMatchObject([
    200,
    { outcome: 'dropped', because: 'by request' },
  ])
  expect(await names()).toEqual(['a'])
  expect(await chat(gateway, 'disk is full')).toMatchObject({ status: 200, expert: 'a' })
  for (const [method, path] of [
    ['DELETE', ''],
    ['POST', ''],
    ['POST', '/activate'],
  ] as const) {
    const response = await admin(gateway, method, path)
    expect([method, path, response.status]).toEqual([method, path, 404])
    expect((await json(response)).error.message).toContain('There is no candidate')
  }
})

test('when its examples change a candidate is made anew and counts afresh; when they break it is dropped, with the reason', async () => {
  await using a = await startExpert()
  await using gateway = await startGateway(mapOf({ a: remote(a.url) }), environment)
  const first = await begin(gateway, mapOf({ a: remote(a.url) }, { name: 'candidate' }))
  await chat(gateway, 'disk is full')
  await expect.poll(async () => (await shown(gateway)).seen).toBe(1)
  const context = join(gateway.folder, 'context.jsonl')
  await appendFile(context, '{"question": "the disk of host 7 is full", "task": "operate"}\n')
  await expect.poll(async () => (await shown(gateway)).version).not.toBe(first.version)
  expect(await shown(gateway)).toMatchObject({ name: 'candidate', seen: 0, since: first.since })

  await appendFile(context, '{"question": "sourdough", "task": "baking"}\n')
  await expect.poll(() => shown(gateway)).toBe(null)
  const past = await json(
    fetch(`${gateway.url}/admin/candidates`, { headers: { authorization: 'Bearer planted-admin-key' } }),
  )
  expect(past.ended[0]).toMatchObject({
    outcome: 'dropped',
    because: expect.stringContaining('no task "baking"'),
  })
  expect(gateway.logged.join('')).toContain('the candidate is tried no more')
})

test('a candidate that somebody saves into the map file has been activated', async () => {
  await using a = await startExpert()
  await using gateway = await startGateway(mapOf({ a: remote(a.url) }), environment)
  const next = mapOf({ a: remote(a.url) }, { name: 'candidate' })
  await begin(gateway, next)
  await gateway.writeMap(next)
  await gateway.reload()
  expect(await shown(gateway)).toBe(null)
})

test('a map that cannot be used, terms that mean nothing, and what is served already are each refused', async () => {
  await using a = await startExpert()
  const map = mapOf({ a: remote(a.url) })
  await using gateway = await startGateway(map, environment)
  const errorOf = async (method: string, body: object) => {
    const response = await admin(gateway, method, '', body)
    return [response.status, (await json(response)).error.message]
  }
  const source = stringify({ ...map, name: 'other' })
  expect(await errorOf('PUT', { source: 'name: x\ntasks: [' })).toEqual([
    422,
    expect.stringMatching(/map\.yaml:\d+/),
  ])
  expect(await errorOf('PUT', { source: stringify(map) })).toEqual([400, expect.stringContaining('already')])
  expect(await errorOf('PUT', { source, mode: 'percent' })).toEqual([400, expect.stringContaining('percent')])
  expect(await errorOf('PUT', { source, percent: 101 })).toEqual([400, expect.stringContaining('percent')])
  expect(await errorOf('PUT', { source, percent: 0 })).toEqual([400, expect.stringContaining('percent')])
  expect(await errorOf('PUT', { source, mode: 'shadow', percent: 5 })).toEqual([400, expect.any(String)])
  expect(await shown(gateway)).toBe(null)

  await begin(gateway, { ...map, name: 'other' })
  expect(await json(admin(gateway, 'POST', '', { percent: 2.5 }))).toMatchObject({
    mode: 'percent',
    percent: 2.5,
  })
  expect(await json(admin(gateway, 'POST', '', { mode: 'shadow' }))).toMatchObject({
    mode: 'shadow',
    percent: 0,
  })
  expect(await errorOf('POST', { mode: 'percent' })).toEqual([400, expect.stringContaining('percent')])
})

test('a candidate whose classifier hangs delays nobody, and lets go of it at once when it is dropped', async () => {
  await using a = await startExpert()
  await using slow = await startExpert(hangs())
  await using gateway = await startGateway(mapOf({ a: remote(a.url) }), environment)
  const experts = { a: remote(a.url), slow: remote(slow.url) }
  const classifier = { expert: 'slow', use: 'always', timeout: '60s' }
  await begin(gateway, mapOf(experts, { classifier }), { classifier: true })
  const calling = slow.next()
  for (let i = 0; i < 300; i++) expect((await chat(gateway, `disk ${i} is full`)).status).toBe(200)
  const call = await calling
  const report = await shown(gateway)
  // One is being decided, two hundred wait, the others were dropped.
  expect([report.seen, report.notSeen, slow.received.length]).toEqual([0, 99, 1])
  await admin(gateway, 'DELETE')
  await call.left
})

const command = async (gateway: RunningGateway, args: string[], key = 'planted-admin-key') => {
  const out: string[] = []
  const { values, words } = parseCommand(candidate, [...args, '--url', gateway.url])
  const print = (text: string) => void out.push(text)
  const status = await candidate
    .run({ values, words, environment: { COE_ADMIN_KEY: key }, print, complain: print })
    .catch((error: Error) => error.message)
  return { status, out: out.join('\n') }
}

test('from the command line a candidate is tried, shared out, shown, activated and dropped', async () => {
  await using a = await startExpert()
  await using b = await startExpert()
  const map = mapOf({ a: remote(a.url), b: remote(b.url) })
  await using gateway = await startGateway(map, environment)
  const next = join(gateway.folder, 'next.yaml')
  await writeFile(next, stringify({ ...map, tasks: { ...map.tasks, operate: { experts: ['b'] } } }))
  expect(await command(gateway, ['show'])).toMatchObject({ status: 0, out: 'There is no candidate.' })
  const tried = await command(gateway, ['try', next, '--why', 'b at night'])
  expect([tried.status, tried.out]).toEqual([
    0,
    expect.stringMatching(/: b at night\ntried {7}in the shadow/),
  ])
  await chat(gateway, 'disk is full')
  await expect
    .poll(async () => (await command(gateway, ['show'])).out)
    .toMatch(
      /1 questions also: 0 the same, 1 moved[\s\S]*what is served: 1 answers[\s\S]*1 {2}operate by a → operate by b/,
    )
  expect((await command(gateway, ['percent', '10'])).out).toContain('by 10 % of conversations')
  const asJson = await command(gateway, ['show', '--json'])
  expect(JSON.parse(asJson.out)).toMatchObject({ mode: 'percent', percent: 10, seen: 1 })
  expect((await command(gateway, ['shadow'])).out).toContain('in the shadow')
  expect((await command(gateway, ['drop'])).out).toContain('is tried no more')
  expect((await command(gateway, ['show'])).out).toMatch(/The last one, \w+, was dropped at .*: by request/)
  await command(gateway, ['try', next])
  expect((await command(gateway, ['activate', '--why', 'better'])).out).toContain('is served now')
  expect(await readFile(gateway.mapPath, 'utf8')).toBe(await readFile(next, 'utf8'))

  for (const [words, message, key] of [
    [['drop'], 'answered 404: There is no candidate.'],
    [['show'], 'answered 401: The admin key is missing or wrong', 'another-key'],
    [['percent', '0'], 'is no share'],
    [['percent'], 'It is: coe-ops candidate percent N'],
    [['cook'], 'candidate knows: show, try'],
    [['try', '/nowhere.yaml'], 'cannot be read'],
  ] as [string[], string, string?][]) {
    const { status } = await command(gateway, words, key)
    expect(status, words.join(' ')).toContain(message)
  }
})

test('a secret that is shown as *** stays what it is in a candidate, and one that was never there is refused', async () => {
  await using a = await startExpert()
  const map = mapOf({ a: remote(a.url, { key: 'planted-literal-key' }) })
  await using gateway = await startGateway(map, environment)
  const { source } = await json(
    fetch(`${gateway.url}/admin/map`, { headers: { authorization: 'Bearer planted-admin-key' } }),
  )
  expect(source).toContain('***')
  const begun = await admin(gateway, 'PUT', '', {
    source: source.replace('name: test', 'name: next'),
    percent: 100,
  })
  expect(begun.status).toBe(200)
  expect(await begun.text()).not.toContain('planted-literal-key')
  expect(await chat(gateway, 'disk is full')).toMatchObject({ status: 200, expert: 'a' })
  expect(a.received[0]?.headers.authorization).toBe('Bearer planted-literal-key')
  await admin(gateway, 'POST', '/activate')
  expect(await readFile(gateway.mapPath, 'utf8')).toContain('key: planted-literal-key')

  const other = stringify(mapOf({ b: remote(a.url, { key: '***' }) }))
  const refused = await admin(gateway, 'PUT', '', { source: other })
  expect([refused.status, (await json(refused)).problems[0]]).toEqual([
    422,
    expect.objectContaining({ message: expect.stringContaining('experts.b.key'), line: expect.any(Number) }),
  ])
})

test('what was served before a candidate was activated is one call away', async () => {
  await using a = await startExpert()
  await using b = await startExpert()
  await using gateway = await startGateway(mapOf({ a: remote(a.url) }), environment)
  const before = gateway.live.current().snapshot.version
  await begin(gateway, mapOf({ b: remote(b.url) }), { why: 'b is cheaper' })
  await admin(gateway, 'POST', '/activate')
  const headers = { authorization: 'Bearer planted-admin-key' }
  const { maps } = await json(fetch(`${gateway.url}/admin/maps`, { headers }))
  expect(maps[0]).toMatchObject({ by: 'api', why: 'b is cheaper' })
  const back = await fetch(`${gateway.url}/admin/maps/${before}/activate`, { method: 'POST', headers })
  expect(back.status).toBe(200)
  expect(await chat(gateway, 'disk is full')).toMatchObject({ expert: 'a', snapshot: before })
})

test('a restart forgets a candidate and says so, after an orderly end and after a kill', async () => {
  await using a = await startExpert()
  await using gateway = await startGateway(mapOf({ a: remote(a.url) }), environment)
  const ended = async (running: RunningGateway) =>
    (
      await json(
        fetch(`${running.url}/admin/candidates`, { headers: { authorization: 'Bearer planted-admin-key' } }),
      )
    ).ended
  const { version } = await begin(gateway, mapOf({ a: remote(a.url) }, { name: 'next' }))
  const note = join(gateway.folder, 'data', 'candidate.json')
  await expect.poll(() => readFile(note, 'utf8').catch(() => '')).toContain(version)

  // The data of a process that is killed now.
  const data = { ...environment, COE_DATA: join(gateway.folder, 'data') }
  await using second = await startGateway(mapOf({ a: remote(a.url) }), data)
  expect(await ended(second)).toMatchObject([
    { version, outcome: 'forgotten', because: expect.stringContaining('restart') },
  ])
  expect(await shown(second)).toBe(null)

  await begin(second, mapOf({ a: remote(a.url) }, { name: 'another' }))
  await second.close()
  await using third = await startGateway(mapOf({ a: remote(a.url) }), data)
  expect(await ended(third)).toMatchObject([{ outcome: 'forgotten' }])
  await begin(third, mapOf({ a: remote(a.url) }, { name: 'third' }))
  await admin(third, 'DELETE')
  await expect.poll(() => readFile(note, 'utf8').catch(() => 'gone')).toBe('gone')
})
