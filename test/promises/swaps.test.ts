import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  appendFile,
  cp,
  mkdir,
  open,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { stringify } from 'yaml'
import { stallsAfter, startExpert } from '../support/expert-server.ts'
import {
  ask,
  fixtures,
  json,
  mapOf,
  type RunningGateway,
  remote,
  root,
  startGateway,
  userFolder,
} from '../support/gateway.ts'
import { leavingClient } from '../support/leaving-client.ts'

const runbook = (name: string) => mapOf({ runbook: { builtin: 'runbook' } }, { name })
const served = (gateway: RunningGateway) => gateway.live.current().snapshot.map.name
const swaps = (gateway: RunningGateway) =>
  gateway.logged.filter(line => line.includes('a new snapshot is served')).length - 1
const failures = (gateway: RunningGateway) =>
  gateway.logged.filter(line => line.includes('the change is not usable')).length
const readyz = (gateway: RunningGateway) => json(fetch(`${gateway.url}/readyz`))

test('a map that is written slowly is served when it is whole, and never before', async () => {
  await using gateway = await startGateway(runbook('before'))
  const text = stringify(runbook('after'))
  const handle = await open(gateway.mapPath, 'w')
  // Nine pieces, with pauses longer than the watcher waits for quiet in between.
  for (let piece = 0; piece < 9; piece++) {
    const [from, to] = [piece, piece + 1].map(part => Math.floor((text.length * part) / 9))
    await handle.write(text.slice(from, to))
    await sleep(piece % 3 === 0 ? 150 : 10)
    expect(['before', 'after']).toContain(served(gateway))
    expect((await gateway.post('/v1/chat/completions', ask('the disk is full'))).status).toBe(200)
  }
  await handle.close()
  await expect.poll(() => served(gateway)).toBe('after')
  expect(swaps(gateway)).toBe(1)
  expect((await readyz(gateway)).status).toBe('ok')
})

test('a map alone is live 300 ms after it is written', async () => {
  await using gateway = await startGateway(runbook('before'))
  const took: number[] = []
  // A machine with other things to do only adds to it: the quickest counts, and one in time is enough.
  for (let round = 0; round < 10 && !took.some(ms => ms < 300); round++) {
    const began = performance.now()
    await gateway.writeMap(runbook(`round-${round}`))
    while (served(gateway) !== `round-${round}`) await sleep(2)
    took.push(performance.now() - began)
  }
  expect(Math.min(...took)).toBeLessThan(300)
})

test('a burst of edits is read when it is over, not once each', async () => {
  await using gateway = await startGateway(runbook('before'))
  for (let round = 0; round < 50; round++) {
    await gateway.writeMap(runbook(`round-${round}`))
    await sleep(5)
  }
  await expect.poll(() => served(gateway)).toBe('round-49')
  expect(swaps(gateway)).toBeLessThanOrEqual(3)
  expect(failures(gateway)).toBeLessThanOrEqual(1)
})

test('a change that is taken back before it is noticed is no change', async () => {
  await using gateway = await startGateway(runbook('before'))
  const version = gateway.live.current().snapshot.version
  const text = await readFile(gateway.mapPath, 'utf8')
  await gateway.writeMap(runbook('mistake'))
  await writeFile(gateway.mapPath, text)
  await sleep(400)
  expect([gateway.live.current().snapshot.version, swaps(gateway)]).toEqual([version, 0])
})

test('a ConfigMap that Kubernetes swaps by its link is served, map and context at once', async () => {
  const { folder } = await userFolder(runbook('first'))
  const generation = async (name: string) => {
    await mkdir(join(folder, name))
    await writeFile(join(folder, name, 'map.yaml'), stringify(runbook(name)))
    await cp(join(fixtures, 'context.jsonl'), join(folder, name, 'context.jsonl'))
    await cp(join(fixtures, 'runbooks'), join(folder, name, 'runbooks'), { recursive: true })
    const line = JSON.stringify({ question: `the oven of ${name} is cold`, task: 'unknown' })
    await appendFile(join(folder, name, 'context.jsonl'), `${line}\n`)
  }
  const mount = join(folder, 'mount')
  await mkdir(mount)
  await generation('one')
  await generation('two')
  await symlink('../one', join(mount, '..data'))
  for (const file of ['map.yaml', 'context.jsonl', 'runbooks'])
    await symlink(`..data/${file}`, join(mount, file))
  await using gateway = await startGateway(runbook('unused'), { COE_MAP: join(mount, 'map.yaml') })
  expect(served(gateway)).toBe('one')
  await symlink('../two', join(mount, '..data_tmp'))
  await rename(join(mount, '..data_tmp'), join(mount, '..data'))
  await rm(join(folder, 'one'), { recursive: true })
  await expect.poll(() => served(gateway)).toBe('two')
  expect(gateway.live.current().snapshot.examples.at(-1)?.question).toBe('the oven of two is cold')
  await rm(folder, { recursive: true })
})

test('files that are removed change nothing, are missed in /readyz, and may come back', async () => {
  await using gateway = await startGateway(runbook('before'))
  const context = join(gateway.folder, 'context.jsonl')
  for (const file of [gateway.mapPath, context]) {
    await rename(file, `${file}.away`)
    await expect.poll(async () => (await readyz(gateway)).swapProblem).toContain('cannot be read')
    expect((await gateway.post('/v1/chat/completions', ask('the disk is full'))).status).toBe(200)
    const metric = await (await fetch(`${gateway.url}/metrics`)).text()
    expect(metric).toContain('coe_snapshot_failed 1')
    await rename(`${file}.away`, file)
    await expect.poll(async () => (await readyz(gateway)).status).toBe('ok')
    expect(await (await fetch(`${gateway.url}/metrics`)).text()).toContain('coe_snapshot_failed 0')
  }
  expect(swaps(gateway)).toBe(0)
})

test('changes that come while one is being prepared wait for it, and the last one is served', async () => {
  await using gateway = await startGateway(runbook('before'))
  const context = join(gateway.folder, 'context.jsonl')
  const line = JSON.stringify({ question: 'the oven is cold', task: 'unknown' })
  await appendFile(context, `${line}\n`)
  const first = gateway.reload()
  await gateway.writeMap(runbook('second'))
  const all = await Promise.all([first, gateway.reload(), gateway.reload()])
  expect(all.at(-1)?.snapshot.map.name).toBe('second')
  expect(served(gateway)).toBe('second')
  expect(gateway.live.current().snapshot.examples.at(-1)?.question).toBe('the oven is cold')
})

test('only what is new is encoded, and the old workers end with their last request', async () => {
  await using expert = await startExpert(stallsAfter('one '))
  const map = mapOf({ a: remote(expert.url) })
  await using gateway = await startGateway(map, { COE_ENCODER: 'minilm' })
  const before = gateway.live.current().snapshot
  expect(before.retriever.about.encoded).toBe(20)
  const client = leavingClient(gateway, ask('the disk is full', { stream: true }))
  await client.firstBytes
  const line = JSON.stringify({ question: 'the oven is cold', task: 'unknown' })
  await appendFile(join(gateway.folder, 'context.jsonl'), `${line}\n`)
  await expect.poll(() => gateway.live.current().snapshot.version).not.toBe(before.version)
  const after = gateway.live.current().snapshot
  expect(after.retriever.about.encoded).toBe(1)
  expect(before.retriever.workers()).toBeGreaterThan(0)
  client.leave()
  await expect.poll(() => before.retriever.workers()).toBe(0)
  expect(after.retriever.workers()).toBeGreaterThan(0)
})

test('SIGHUP reads the files again, also where no event and no time tells of a change', async () => {
  const { folder, mapPath } = await userFolder(runbook('before'))
  const environment = { PATH: process.env.PATH, COE_MAP: mapPath, COE_ENCODER: 'lexical', PORT: '0' }
  const child = spawn(process.execPath, ['dist/main.js', 'serve'], {
    cwd: root,
    env: { ...environment, COE_DATA: join(folder, 'data') },
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  try {
    let url = ''
    for await (const line of createInterface(child.stdout)) {
      url = /listens on (http:\S+)\/v1/.exec(line)?.[1] ?? ''
      if (url !== '') break
    }
    const name = async () => (await json(fetch(`${url}/readyz`))).map
    expect(await name()).toBe('before')
    // Of the same size and age, in the same place: a look at the times finds nothing.
    const { atime, mtime } = await stat(mapPath)
    const handle = await open(mapPath, 'r+')
    await handle.write(stringify(runbook('behind')))
    await handle.close()
    await utimes(mapPath, atime, mtime)
    child.kill('SIGHUP')
    await expect.poll(name).toBe('behind')
  } finally {
    child.kill('SIGTERM')
    await once(child, 'exit')
    await rm(folder, { recursive: true })
  }
})
