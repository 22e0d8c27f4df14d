import { appendFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, expect, test, vi } from 'vitest'
import { encodingProgress } from '../../src/commands/progress.ts'
import { ask, mapOf, userFolder } from '../support/gateway.ts'
import { startServe } from '../support/serve.ts'

const { isTTY } = process.stderr
afterEach(() => {
  process.stderr.isTTY = isTTY
  vi.restoreAllMocks()
})

const said = (terminal: boolean, now?: () => number) => {
  process.stderr.isTTY = terminal
  const all: unknown[] = []
  vi.spyOn(process.stderr, 'write').mockImplementation(text => all.push(text) > 0)
  const log = { info: (fields: object) => void all.push(fields) }
  return { all, ...encodingProgress(log, line => void all.push(line), now) }
}

test('a terminal sees how far the start is, and after it nothing but the log', () => {
  const { all, show, started } = said(true)
  show(64, 100)
  started()
  expect(all).toEqual(['\rencoding examples: 64 of 100', '\r\x1b[K'])
  for (const done of [64, 100]) show(done, 100)
  expect(all.slice(2)).toEqual([{ encoded: 100, of: 100 }])
})

test('without a terminal the log alone says that much was encoded, also at the start', () => {
  const { all, show, started } = said(false)
  for (const done of [64, 100]) show(done, 100)
  started()
  show(20, 20)
  show(21, 21)
  expect(all).toEqual([
    { encoded: 100, of: 100 },
    { encoded: 21, of: 21 },
  ])
})

test('without a terminal a long start says every ten seconds how far it is', () => {
  let time = 0
  const { all, show } = said(false, () => time)
  for (const done of [64, 128, 192]) {
    time += 6_000
    show(done, 10_000)
  }
  expect(all).toEqual([{ encoded: 128, of: 10_000 }])
})

test('what a gateway writes while it serves is JSON to the last line; a change with much to encode is one of them', async () => {
  const { mapPath, folder } = await userFolder(mapOf({ runbook: { builtin: 'runbook' } }))
  const gateway = await startServe(mapPath, { COE_ENCODER: 'auto', LOG_LEVEL: 'info' })
  const lines = () =>
    gateway
      .errors()
      .split('\n')
      .filter(line => line !== '')
      .map(line => JSON.parse(line))
  const served = () => lines().filter(({ msg }) => msg === 'a new snapshot is served').length
  // Its last word on the start.
  await expect.poll(() => lines().some(({ msg }) => msg.startsWith('Server listening'))).toBe(true)
  const before = lines().length
  const examples = Array.from({ length: 30 }, (_, i) => ({
    question: `how do I undo step ${i}?`,
    task: 'deploy',
  }))
  await appendFile(
    join(folder, 'context.jsonl'),
    examples.map(example => `${JSON.stringify(example)}\n`).join(''),
  )
  await expect.poll(served, { timeout: 20_000 }).toBe(2)
  expect(
    lines()
      .slice(before)
      .map(({ msg, encoded }) => [msg, encoded]),
  ).toEqual([
    ['new examples are encoded', 30],
    ['a new snapshot is served', undefined],
  ])
  gateway.child.kill('SIGTERM')
  await gateway.ended
})

test('a gateway whose output nobody reads any more goes on answering, and ends when it is told to', async () => {
  const { mapPath } = await userFolder(mapOf({ runbook: { builtin: 'runbook' } }))
  const { child, url, ended } = await startServe(mapPath, { LOG_LEVEL: 'info' })
  child.stdout.destroy()
  child.stderr.destroy()
  const asked = () =>
    fetch(`${url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(ask('disk is full')),
    })
  for (let i = 0; i < 3; i++) expect((await asked()).status).toBe(200)
  child.kill('SIGTERM')
  expect(await ended).toEqual([0, null])
})
