import { readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parse, stringify } from 'yaml'
import { exposureProblem } from '../../src/http/access/exposure.ts'
import { changeAnswer, mapAnswer, mapsAnswer, oneMapAnswer } from '../../src/http/admin/answers.ts'
import { ADMIN_KEY, operator } from '../support/admin.ts'
import { says, startExpert } from '../support/expert-server.ts'
import { ask, fixtures, json, mapOf, remote, startGateway } from '../support/gateway.ts'

const key = { COE_ADMIN_KEY: ADMIN_KEY }
const runbook = mapOf({ runbook: { builtin: 'runbook' } })
const renamed = (to: string) => (source: string) => source.replace(/^name: .*$/m, `name: ${to}`)

test('a map that is read, edited and sent back is served at once, and stands in its file', async () => {
  await using a = await startExpert(says('from a'))
  await using gateway = await startGateway(runbook, key)
  const { edit, get } = operator(gateway)
  const first = mapAnswer.parse(await get('/map'))
  expect(first.tasks.map(({ id, experts }) => [id, experts])).toContainEqual(['build', ['runbook']])

  const response = await edit(source =>
    stringify({ ...mapOf({ a: remote(a.url), runbook: { builtin: 'runbook' } }), name: parse(source).name }),
  )
  const answer = changeAnswer.parse(await json(response))
  expect(answer).toMatchObject({
    replaced: true,
    changes: { experts: { added: ['a'], removed: [], changed: [] } },
  })
  expect(answer.changes.tasks.changed).toEqual(['build', 'deploy', 'operate'])
  expect(response.headers.get('etag')).toBe(`"${answer.version}"`)
  expect((await get('/map')).version).toBe(answer.version)
  expect(parse(await readFile(gateway.mapPath, 'utf8')).experts).toHaveProperty('a')
  const chat = await gateway.post('/v1/chat/completions', ask('the pod restarts'))
  expect([chat.headers.get('x-coe-expert'), chat.headers.get('x-coe-snapshot')]).toEqual([
    'a',
    answer.version,
  ])
  // The watcher reads what was written, finds what is served, and does nothing.
  await gateway.reload()
  expect(mapsAnswer.parse(await get('/maps')).maps.map(({ by, why }) => [by, why])).toEqual([
    ['api', 'a test'],
    ['start', undefined],
  ])
})

test('a change must say which version it was made from, and loses against another one', async () => {
  await using gateway = await startGateway(runbook, key)
  const { send, edit, get } = operator(gateway)
  const { source, version } = await get('/map')
  const without = await send('PUT', '/map', { source })
  expect([without.status, (await json(without)).error.code]).toEqual([428, 'version_missing'])
  expect((await edit(renamed('second'))).status).toBe(200)
  const late = await send('PUT', '/map', { source: renamed('late')(source) }, { 'if-match': `"${version}"` })
  expect([late.status, (await json(late)).error.code]).toEqual([412, 'version_changed'])
  expect((await get('/map')).name).toBe('second')
  const any = await send('PUT', '/map', renamed('third')(source), {
    'if-match': '*',
    'content-type': 'application/yaml',
  })
  expect([any.status, (await get('/map')).name]).toEqual([200, 'third'])
})

test('two changes of one version at once: one is served, the other is refused', async () => {
  await using gateway = await startGateway(runbook, key)
  const { edit, get } = operator(gateway)
  const answers = await Promise.all([edit(renamed('one')), edit(renamed('two'))])
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 412])
  const winner = answers.findIndex(({ status }) => status === 200) === 0 ? 'one' : 'two'
  expect((await get('/map')).name).toBe(winner)
  expect(parse(await readFile(gateway.mapPath, 'utf8')).name).toBe(winner)
})

test('a change by hand that nobody has noticed yet is not overwritten by one that did not know of it', async () => {
  await using gateway = await startGateway(runbook, key)
  const { edit, get } = operator(gateway)
  const { source } = await get('/map')
  const response = await edit(() => {
    // After it was read and before it is sent: the watcher is still waiting for quiet.
    void writeFile(gateway.mapPath, renamed('by-hand')(source))
    return renamed('by-api')(source)
  })
  await expect.poll(async () => (await get('/map')).name).toBe('by-hand')
  expect(response.status).toBe(412)
  expect(parse(await readFile(gateway.mapPath, 'utf8')).name).toBe('by-hand')
})

test('a map that cannot be served is refused with every place, and everything stays as it was', async () => {
  await using gateway = await startGateway(runbook, key)
  const { edit, get } = operator(gateway)
  const before = await readFile(gateway.mapPath, 'utf8')
  const { version } = await get('/map')
  const response = await edit(source =>
    source.replace('builtin: runbook', 'bultin: runbook').replace('name:', 'nam:'),
  )
  const { error, problems } = await json(response)
  expect([response.status, error.code]).toEqual([422, 'not_usable'])
  expect(problems).toEqual(
    expect.arrayContaining([
      { file: 'map.yaml', line: 1, column: 1, severity: 'error', message: expect.stringContaining('nam') },
    ]),
  )
  expect(await readFile(gateway.mapPath, 'utf8')).toBe(before)
  const ready = await json(fetch(`${gateway.url}/readyz`))
  // The files are what is served: nothing to wake somebody for, but not to be missed either.
  expect(ready).toMatchObject({
    status: 'ok',
    snapshot: version,
    swapProblem: expect.stringContaining('map.yaml:1'),
  })
  expect(await get('/maps')).toMatchObject({
    current: version,
    problem: expect.stringContaining('map.yaml:1'),
  })
  const metrics = await (await fetch(`${gateway.url}/metrics`)).text()
  expect(metrics).toContain('coe_swaps_total{outcome="failed"} 1')
  expect(metrics).toContain('coe_snapshot_failed 0')
  expect(gateway.logged.join('')).toContain('the change is not usable')

  expect((await edit(renamed('fine'))).status).toBe(200)
  expect(await get('/maps')).not.toHaveProperty('problem')
})

test('what must not be served where others can reach it is refused here too', async () => {
  const open = { host: '0.0.0.0', insecure: false, apiKeys: [] }
  const access = { app: { key: `sha256:${'a'.repeat(64)}` } }
  await using gateway = await startGateway({ ...runbook, access }, key, {
    objection: map => exposureProblem(open, map.access),
  })
  const { edit } = operator(gateway)
  for (const query of ['', '?dryRun=true']) {
    const response = await edit(() => stringify(runbook), query)
    expect([response.status, (await json(response)).problems[0].message]).toEqual([
      422,
      expect.stringContaining('Others can reach 0.0.0.0'),
    ])
  }
  expect(parse(await readFile(gateway.mapPath, 'utf8'))).toHaveProperty('access')
})

test('a secret is never shown, stays what it is when a masked map is sent, and cannot be invented', async () => {
  await using a = await startExpert()
  const map = mapOf({ a: remote(a.url, { key: 'planted-literal' }) })
  await using gateway = await startGateway(map, key)
  const { edit, get, send } = operator(gateway)
  expect((await edit(renamed('other'))).status).toBe(200)
  expect(parse(await readFile(gateway.mapPath, 'utf8')).experts.a.key).toBe('planted-literal')
  const { maps } = await get('/maps')
  for (const path of ['/map', '/maps', `/maps/${maps[0].version}`, `/maps/${maps[1].version}`]) {
    expect(await (await send('GET', path)).text()).not.toContain('planted-literal')
  }
  const invented = await edit(source => source.replaceAll(/\ba\b/g, 'b'))
  expect([invented.status, (await json(invented)).problems[0]]).toMatchObject([
    422,
    { message: expect.stringMatching(/experts\.b\.key: \*\*\* keeps the secret/), severity: 'error' },
  ])
  expect(gateway.logged.join('')).not.toContain('planted-literal')
})

test('a map is rolled back in one call, to the letter, and the history says so', async () => {
  await using gateway = await startGateway(runbook, key)
  const { edit, get, post, send } = operator(gateway)
  const text = await readFile(gateway.mapPath, 'utf8')
  const { version } = await get('/map')
  await edit(renamed('regretted'))
  const one = oneMapAnswer.parse(await get(`/maps/${version}`))
  expect(one.source).toBe(text)
  const back = changeAnswer.parse(await post(`/maps/${version}/activate`, { why: 'it answered nonsense' }))
  expect([back.version, await readFile(gateway.mapPath, 'utf8')]).toEqual([version, text])
  expect((await get('/maps')).maps[0]).toMatchObject({ version, by: 'rollback', why: 'it answered nonsense' })
  for (const path of ['/maps/none', '/maps/..%2fmap']) expect((await send('GET', path)).status).toBe(404)
})

test('a rollback mends a file that somebody broke, and keeps what was broken beside it', async () => {
  await using gateway = await startGateway(runbook, key)
  const { get, post } = operator(gateway)
  await writeFile(gateway.mapPath, 'name: half\ntasks: {')
  await expect.poll(async () => (await json(fetch(`${gateway.url}/readyz`))).status).toBe('degraded')
  const { current } = await get('/maps')
  expect(await post(`/maps/${current}/activate`)).toMatchObject({ version: current, replaced: false })
  expect(parse(await readFile(gateway.mapPath, 'utf8')).name).toBe('test')
  expect(await readFile(`${gateway.mapPath}.before`, 'utf8')).toContain('name: half')
  expect(await json(fetch(`${gateway.url}/readyz`))).toMatchObject({ status: 'ok' })
  expect(await (await fetch(`${gateway.url}/metrics`)).text()).toContain('coe_snapshot_failed 0')
})

test('where the map cannot be written nothing is served that the file does not say', async () => {
  await using gateway = await startGateway(runbook, key)
  const { edit, get } = operator(gateway)
  const { version } = await get('/map')
  // What a link leads to is replaced there, and there nobody may write.
  await rm(gateway.mapPath)
  await symlink('/proc/version', gateway.mapPath)
  const response = await edit(renamed('unwritable'))
  expect([response.status, (await json(response)).error.code]).toEqual([409, 'not_writable'])
  expect((await get('/map')).version).toBe(version)
})

test('a dry run says what would change and changes nothing', async () => {
  await using a = await startExpert(says('from a'))
  await using b = await startExpert(says('from b'))
  const experts = { a: remote(a.url), b: remote(b.url) }
  await using gateway = await startGateway(mapOf(experts), { ...key, LOG_QUESTIONS: 'true' })
  const { edit, get } = operator(gateway)
  for (const question of ['my pod restarts with exit code 137', 'maven cannot resolve a dependency']) {
    await gateway.post('/v1/chat/completions', ask(question))
  }
  await gateway.post('/v1/chat/completions', ask('x', { model: 'expert/a' }))
  const { version } = await get('/map')
  const before = await readFile(gateway.mapPath, 'utf8')
  const moved = (source: string) => {
    const map = parse(source)
    for (const task of Object.values<{ experts: string[] }>(map.tasks)) task.experts = ['b', 'a']
    return stringify({ ...map, unknown: ['b'] })
  }
  const dry = changeAnswer.parse(await json(edit(moved, '?dryRun=true')))
  expect(dry).toMatchObject({
    replaced: false,
    changes: { experts: { added: [], removed: [], changed: [] } },
    decisions: { looked: 3, moved: 2, unsure: 0 },
  })
  expect(dry.accuracy?.before).toBe(dry.accuracy?.after)
  expect(dry.decisions.examples).toContainEqual(
    expect.objectContaining({
      question: 'my pod restarts with exit code 137',
      from: expect.objectContaining({ expert: 'a' }),
      to: expect.objectContaining({ expert: 'b' }),
    }),
  )
  expect([(await get('/map')).version, await readFile(gateway.mapPath, 'utf8')]).toEqual([version, before])
  expect((await get('/experts')).experts).toHaveLength(2)
  expect((await json(edit(source => moved(source)))).version).toBe(dry.version)
})

test('an expert that a dry run would remove leaves those who name it with nobody', async () => {
  await using a = await startExpert()
  await using b = await startExpert()
  await using gateway = await startGateway(mapOf({ a: remote(a.url), b: remote(b.url) }), key)
  const { edit } = operator(gateway)
  await gateway.post('/v1/chat/completions', ask('a secret question', { model: 'expert/b' }))
  const { decisions, changes } = await json(
    edit(() => stringify(mapOf({ a: remote(a.url) })), '?dryRun=true'),
  )
  expect(changes.experts.removed).toEqual(['b'])
  expect(decisions.examples).toEqual([
    {
      questionHash: expect.stringMatching(/^[0-9a-f]{16}$/),
      from: { task: 'unknown', expert: 'b' },
      to: { task: 'unknown', expert: null },
    },
  ])
})

test('a folder for what is kept that cannot be used is said, and harms no request and no change', async () => {
  await using gateway = await startGateway(runbook, { ...key, COE_DATA: join(fixtures, 'context.jsonl') })
  const { edit, get } = operator(gateway)
  expect((await edit(renamed('other'))).status).toBe(200)
  expect((await gateway.post('/v1/chat/completions', ask('the disk is full'))).status).toBe(200)
  const ready = await json(fetch(`${gateway.url}/readyz`))
  expect(ready.notKept).toEqual([expect.stringContaining('maps are not kept in ')])
  expect((await get('/maps')).maps.map(({ by }: { by: string }) => by)).toEqual(['api', 'start'])
})
