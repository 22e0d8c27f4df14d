import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createDecisionStreams } from '../../src/http/admin/decision-streams.ts'
import { createDecisionFile } from '../../src/observe/decision-file.ts'
import { createDecisions, type Remembered } from '../../src/observe/decisions.ts'
import type { Account } from '../../src/routing/events.ts'

const account = (requestId: string) =>
  ({
    requestId,
    decision: { task: 'build' },
    question: 'planted-text',
    tried: [],
    ms: 1,
  }) as unknown as Account

test('the last decisions are kept and no more, and pages follow one another without a gap', () => {
  const decisions = createDecisions({ withQuestions: false, most: 100 })
  for (let i = 1; i <= 250; i++) decisions.answered(account(`r${i}`))
  decisions.answered({ ...account('refused'), decision: undefined })
  const seqs: number[] = []
  for (let before: number | undefined; ; ) {
    const page = decisions.latest({ limit: 30, before })
    seqs.push(...page.decisions.map(({ seq }) => seq))
    before = page.next
    if (before === undefined) break
  }
  expect(seqs).toEqual(Array.from({ length: 100 }, (_, at) => 250 - at))
  expect(JSON.stringify(decisions.latest({ limit: 100 }))).not.toContain('planted-text')
})

const remembered = (seq: number) =>
  ({ seq, at: 0, ms: 1, questionHash: 'x'.repeat(200), decision: { task: 'build' } }) as unknown as Remembered

test('a file that has grown is begun anew, and only so many older ones are kept', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'coe-decisions-'))
  const path = join(folder, 'decisions.jsonl')
  for (let round = 0; round < 8; round++) {
    const file = createDecisionFile({ path, maxBytes: 1_000, older: 2 })
    for (let i = 0; i < 5; i++) file.write(remembered(round * 5 + i))
    await file.close()
    expect(file.problem()).toBeUndefined()
  }
  expect((await readdir(folder)).sort()).toEqual([
    'decisions.jsonl',
    'decisions.jsonl.1',
    'decisions.jsonl.2',
  ])
  const seqs = async (name: string) =>
    (await readFile(join(folder, name), 'utf8'))
      .trim()
      .split('\n')
      .map(line => JSON.parse(line).seq)
  expect(await seqs('decisions.jsonl')).toEqual([35, 36, 37, 38, 39])
  expect(await seqs('decisions.jsonl.2')).toEqual([25, 26, 27, 28, 29])
  await rm(folder, { recursive: true })
})

test('a listener that does not read loses decisions, is told how many, and holds no memory', async () => {
  const listeners = new Set<(decision: Remembered) => void>()
  const streams = createDecisionStreams({
    listen: listener => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  })
  const [slow, quick] = [streams.open(), streams.open()]
  expect(listeners.size).toBe(1)
  let read = ''
  quick.setEncoding('utf8').on('data', chunk => (read += chunk))
  for (let seq = 1; seq <= 5_000; seq++) {
    for (const listener of listeners) listener(remembered(seq))
    if (seq % 50 === 0) await new Promise(setImmediate)
  }
  expect(slow.readableLength).toBeLessThan(70_000)
  expect(read.match(/^event: decision$/gm)).toHaveLength(5_000)
  let late = ''
  slow.setEncoding('utf8').on('data', chunk => (late += chunk))
  await expect.poll(() => late).toContain('event: lost')
  const lost = Number(/"lost":(\d+)/.exec(late)?.[1])
  expect(lost + (late.match(/^event: decision$/gm)?.length ?? 0)).toBe(5_000)
  slow.destroy()
  quick.destroy()
  await expect.poll(() => listeners.size).toBe(0)
})

test('so many may listen, and one more is told to come later', () => {
  const streams = createDecisionStreams({ listen: () => () => undefined })
  const open = Array.from({ length: 100 }, () => streams.open())
  expect(() => streams.open()).toThrow(/100 listen/)
  for (const stream of open) stream.destroy()
})
