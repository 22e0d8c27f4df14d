import { appendFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { stringify } from 'yaml'
import { says, startExpert } from '../support/expert-server.ts'
import { ask, json, mapOf, type RunningGateway, remote, startGateway } from '../support/gateway.ts'

/** Resolves when another snapshot is served than before. */
const swapped = async (gateway: RunningGateway, before: string) => {
  while (gateway.live.current().snapshot.version === before)
    await new Promise(resolve => setTimeout(resolve, 5))
  return gateway.live.current().snapshot.version
}

test('while 32 clients ask, a map is edited again and again: no request fails, and every answer is of one map', async () => {
  await using a = await startExpert(says('a'))
  await using b = await startExpert(says('b'))
  const withA = mapOf({ a: remote(a.url) })
  const withB = mapOf({ b: remote(b.url) })
  await using gateway = await startGateway(withA)
  const expertOf = new Map([[gateway.live.current().snapshot.version, 'a']])

  let done = false
  const seen: { status: number; snapshot: string | null; expert: string | null; said: string }[] = []
  const client = async (stream: boolean) => {
    while (!done) {
      const response = await gateway.post('/v1/chat/completions', ask('disk is full', { stream }))
      const { headers, status } = response
      const said = (await response.text()).includes('"content":"a"') ? 'a' : 'b'
      seen.push({
        status,
        said,
        snapshot: headers.get('x-coe-snapshot'),
        expert: headers.get('x-coe-expert'),
      })
    }
  }
  const clients = Array.from({ length: 32 }, (_, i) => client(i % 2 === 0))
  for (let round = 0; round < 10; round++) {
    const before = gateway.live.current().snapshot.version
    const next = round % 2 === 0 ? withB : withA
    await gateway.writeMap({ ...next, name: `round-${round}` })
    expertOf.set(await swapped(gateway, before), round % 2 === 0 ? 'b' : 'a')
  }
  done = true
  await Promise.all(clients)

  expect(seen.length).toBeGreaterThan(100)
  expect(new Set(seen.map(answer => answer.status))).toEqual(new Set([200]))
  expect(seen.filter(answer => expertOf.get(answer.snapshot ?? '') !== answer.expert)).toEqual([])
  expect(seen.filter(answer => answer.said !== answer.expert)).toEqual([])
  expect(new Set(seen.map(answer => answer.snapshot)).size).toBeGreaterThan(3)
})

test('a broken map changes nothing, is said in /readyz, and the mended one is served', async () => {
  await using expert = await startExpert()
  await using gateway = await startGateway(mapOf({ a: remote(expert.url) }))
  const before = gateway.live.current().snapshot.version
  await writeFile(gateway.mapPath, 'name: half\ncontext: [nowhere.jsonl]\ntasks: {build')
  await expect(gateway.reload()).rejects.toThrow(/map\.yaml:\d+:\d+/)
  const ready = await json(fetch(`${gateway.url}/readyz`))
  expect(ready).toMatchObject({ status: 'degraded', snapshot: before })
  expect(ready.swapProblem).toContain('map.yaml')
  expect((await gateway.post('/v1/chat/completions', ask('disk is full'))).status).toBe(200)

  await gateway.writeMap(mapOf({ a: remote(expert.url) }, { name: 'mended' }))
  await swapped(gateway, before)
  expect(await json(fetch(`${gateway.url}/readyz`))).toMatchObject({ status: 'ok', map: 'mended' })
})

test('a new example is live without a restart, and so is a map that an editor saves by renaming', async () => {
  await using gateway = await startGateway(mapOf({ runbook: { builtin: 'runbook' } }))
  const context = join(gateway.folder, 'context.jsonl')
  const first = gateway.live.current().snapshot.version
  await appendFile(context, `${JSON.stringify({ question: 'sourdough starter died', task: 'unknown' })}\n`)
  const second = await swapped(gateway, first)
  expect(gateway.live.current().snapshot.examples.at(-1)?.question).toBe('sourdough starter died')

  await writeFile(
    `${gateway.mapPath}~`,
    stringify(mapOf({ runbook: { builtin: 'runbook' } }, { name: 'renamed' })),
  )
  await rename(`${gateway.mapPath}~`, gateway.mapPath)
  await swapped(gateway, second)
  expect(gateway.live.current().snapshot.map.name).toBe('renamed')
})

test('a change of the map alone keeps the workers, and an unchanged expert keeps its connections', async () => {
  await using expert = await startExpert()
  await using gateway = await startGateway(mapOf({ a: remote(expert.url) }))
  const before = gateway.live.current()
  await gateway.writeMap(mapOf({ a: remote(expert.url) }, { name: 'other' }))
  await swapped(gateway, before.snapshot.version)
  const after = gateway.live.current()
  expect(after.snapshot.retriever).toBe(before.snapshot.retriever)
  expect(after.crew.experts.get('a')).toBe(before.crew.experts.get('a'))
})

test('a task that has nothing but a line of keywords is live without a restart', async () => {
  await using expert = await startExpert()
  const map = mapOf({ a: remote(expert.url) })
  await using gateway = await startGateway(map)
  const route = async () => {
    const response = await gateway.post(
      '/v1/chat/completions',
      ask('the sourdough starter smells of acetone'),
    )
    return response.headers.get('x-coe-task')
  }
  expect(await route()).toBe('unknown')
  const before = gateway.live.current().snapshot.version
  await appendFile(
    join(gateway.folder, 'context.jsonl'),
    '{"task": "baking", "keywords": ["sourdough", "sourdough starter", "oven", "proofing"]}\n',
  )
  await gateway.writeMap({ ...map, tasks: { ...map.tasks, baking: { experts: ['a'] } } })
  await swapped(gateway, before)
  expect(await route()).toBe('baking')
})
