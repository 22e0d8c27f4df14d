import { appendFile, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { contextAnswer, errorAnswer } from '../../src/http/admin/answers.ts'
import { ADMIN_KEY, operator } from '../support/admin.ts'
import { json, mapOf, startGateway } from '../support/gateway.ts'

const key = { COE_ADMIN_KEY: ADMIN_KEY }
const runbook = mapOf({ runbook: { builtin: 'runbook' } })
const added = { question: 'the sourdough starter smells of acetone', task: 'unknown', lang: 'en' }

test('the examples are listed by task and text, with what the others would have said of them', async () => {
  await using gateway = await startGateway(runbook, key)
  const { get } = operator(gateway)
  const all = contextAnswer.parse(await get('/context?limit=1000'))
  expect(all.total).toBe(gateway.live.current().snapshot.examples.length)
  expect(all.examples?.[0]?.at).toBe('context.jsonl:1')
  expect(all.examples?.some(({ said }) => said !== undefined)).toBe(true)
  const build = contextAnswer.parse(await get('/context?task=build'))
  expect(new Set(build.examples?.map(({ task }) => task))).toEqual(new Set(['build']))
  expect(all.tasks.find(({ task }) => task === 'build')).toMatchObject({ examples: build.total })
  const word = all.examples?.[0]?.question.split(' ')[1]?.toUpperCase() ?? ''
  expect(contextAnswer.parse(await get(`/context?q=${word}`)).examples?.[0]?.at).toBe('context.jsonl:1')
  const page = contextAnswer.parse(await get('/context?limit=2&offset=1'))
  expect(page.examples?.map(({ at }) => at)).toEqual(['context.jsonl:2', 'context.jsonl:3'])
})

test('examples that contradict the others come surest first, and those that say the same in groups', async () => {
  await using gateway = await startGateway(runbook, key)
  const { get, post } = operator(gateway)
  const { examples } = contextAnswer.parse(await get('/context?limit=1000'))
  const first = examples?.find(({ task }) => task === 'build')?.question ?? ''
  expect(await post('/context', { question: `${first}!!`, task: 'deploy' })).toHaveProperty('version')
  const wrong = contextAnswer.parse(await get('/context?kind=contradictions')).examples ?? []
  expect(wrong.every(({ said, task }) => said !== task)).toBe(true)
  expect(wrong.map(({ margin }) => margin)).toEqual(
    wrong.map(({ margin }) => margin ?? 0).sort((a, b) => b - a),
  )
  expect(wrong.map(({ question }) => question)).toContain(`${first}!!`)
  const { groups } = contextAnswer.parse(await get('/context?kind=duplicates'))
  expect(groups?.map(group => group.map(({ question }) => question))).toContainEqual([first, `${first}!!`])
})

test('an example that is added is live, at the end of its file, and stands there once', async () => {
  await using gateway = await startGateway(runbook, key)
  const { send, get } = operator(gateway)
  const file = join(gateway.folder, 'context.jsonl')
  // As some editors leave a file: without its last line's end.
  await writeFile(file, (await readFile(file, 'utf8')).trimEnd())
  await gateway.reload()
  const before = await readFile(file, 'utf8')
  const { version } = await json(send('POST', '/context', added))
  expect(gateway.live.current().snapshot.version).toBe(version)
  expect(gateway.live.current().snapshot.examples.at(-1)).toMatchObject(added)
  expect(await readFile(file, 'utf8')).toBe(`${before}\n${JSON.stringify(added)}\n`)
  expect(gateway.live.current().snapshot.retriever.about.encoded).toBeLessThanOrEqual(1)
  const again = await send('POST', '/context', added)
  expect([again.status, errorAnswer.parse(await json(again)).error.message]).toEqual([
    422,
    expect.stringMatching(/stands at context\.jsonl:\d+ already, as "unknown"/),
  ])
  expect((await get('/maps')).maps[0]).toMatchObject({ by: 'api', why: 'an example was added' })
})

test('only the task of the one line is changed, to the byte, and only while it says what was seen', async () => {
  await using gateway = await startGateway(runbook, key)
  const { send } = operator(gateway)
  const file = join(gateway.folder, 'context.jsonl')
  const question = 'what "task": "build" means'
  const odd = `  {"meta": {"task":"deep"},\t"task" : "build", "question": ${JSON.stringify(question)}, "n": 1.50}\r\n`
  await appendFile(file, odd)
  await gateway.reload()
  const before = await readFile(file, 'utf8')
  const line = before.trimEnd().split('\n').length
  const relabel = (more: object) =>
    send('PUT', '/context', { at: `context.jsonl:${line}`, question, task: 'deploy', ...more })
  expect((await relabel({})).status).toBe(200)
  expect(await readFile(file, 'utf8')).toBe(before.replace('"task" : "build"', '"task" : "deploy"'))
  expect(gateway.live.current().snapshot.examples.at(-1)).toMatchObject({ question, task: 'deploy' })
  expect((await relabel({ question: 'another' })).status).toBe(412)
  expect((await relabel({ at: 'context.jsonl:99999' })).status).toBe(412)
  expect((await relabel({ task: 'nothing' })).status).toBe(400)
})

test('nothing but the map’s own context is ever written to', async () => {
  await using gateway = await startGateway(runbook, key)
  const { send } = operator(gateway)
  const map = await readFile(gateway.mapPath, 'utf8')
  for (const file of ['map.yaml', '../context.jsonl', '/etc/passwd', 'nothing.jsonl', '']) {
    const response = await send('POST', '/context', { ...added, file })
    expect([file, response.status]).toEqual([file, 400])
    const put = await send('PUT', '/context', { at: `${file}:1`, question: 'x', task: 'build' })
    expect([file, put.status]).toEqual([file, 400])
  }
  expect(await readFile(gateway.mapPath, 'utf8')).toBe(map)
})

test('an example whose file cannot be served otherwise leaves the file as it was', async () => {
  await using gateway = await startGateway(runbook, key)
  const { send } = operator(gateway)
  const file = join(gateway.folder, 'context.jsonl')
  await appendFile(file, '{"question": "half\n')
  const before = await readFile(file, 'utf8')
  const response = await send('POST', '/context', added)
  expect([response.status, (await json(response)).problems[0].file]).toEqual([422, 'context.jsonl'])
  expect(await readFile(file, 'utf8')).toBe(before)
  await writeFile(
    file,
    Buffer.concat([Buffer.from(before.replace(/.*half\n$/, '')), Buffer.from([0xff, 0x0a])]),
  )
  expect((await send('POST', '/context', added)).status).toBe(422)
})
