import { appendFile, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Cause, type History, openHistory } from '../../src/knowledge/history.ts'

let folder = ''
beforeEach(async () => {
  folder = join(await mkdtemp(join(tmpdir(), 'coe-history-')), 'maps')
})
afterEach(() => rm(join(folder, '..'), { recursive: true, force: true }))

const snapshotOf = (version: string) =>
  ({
    version,
    text: `name: ${version}`,
    map: { name: version, tasks: new Map([['build', {}]]), experts: new Map() },
    examples: [],
  }) as unknown as Parameters<History['add']>[0]
const byHand: Cause = { by: 'file' }
const versions = (history: History) => history.list().map(({ version }) => version)

test('what was activated is known after the process was killed, newest first, with who, when and why', async () => {
  const history = await openHistory({ folder, now: () => new Date('2026-01-02T03:04:05Z') })
  history.add(snapshotOf('aa'), { by: 'start' })
  history.add(snapshotOf('bb'), { by: 'api', why: 'a new expert', from: '10.0.0.1' })
  history.add(snapshotOf('aa'), { by: 'rollback' })
  await history.close()
  const later = await openHistory({ folder })
  expect(versions(later)).toEqual(['aa', 'bb', 'aa'])
  expect(later.list()[1]).toMatchObject({
    by: 'api',
    why: 'a new expert',
    from: '10.0.0.1',
    at: '2026-01-02T03:04:05.000Z',
    tasks: 1,
    sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
  })
  expect(await later.text('bb')).toBe('name: bb')
  expect(await later.text('../bb')).toBeUndefined()
  later.add(snapshotOf('aa'), { by: 'start' })
  expect(later.list()).toHaveLength(3)
})

test('a line that was torn by a crash costs that line alone', async () => {
  const history = await openHistory({ folder })
  history.add(snapshotOf('aa'), byHand)
  await history.close()
  await appendFile(join(folder, 'index.jsonl'), '{"version":"bb","at":"20')
  const later = await openHistory({ folder })
  expect(versions(later)).toEqual(['aa'])
  later.add(snapshotOf('cc'), byHand)
  await later.close()
  expect(versions(await openHistory({ folder }))).toEqual(['cc', 'aa'])
})

test('a copy that is not what was kept is not handed out', async () => {
  const history = await openHistory({ folder })
  history.add(snapshotOf('aa'), byHand)
  await history.close()
  await writeFile(join(folder, 'aa.map'), 'name: forged')
  expect(await history.text('aa')).toBeUndefined()
})

test('copies are for the own user alone, and no more than so many are kept', async () => {
  const history = await openHistory({ folder, most: 5 })
  for (let i = 10; i < 40; i++) {
    history.add(snapshotOf(String(i)), byHand)
    await history.close()
  }
  const names = await readdir(folder)
  expect(names.length).toBeLessThanOrEqual(2 * 5 + 1)
  expect((await readFile(join(folder, 'index.jsonl'), 'utf8')).trim().split('\n').length).toBeLessThanOrEqual(
    10,
  )
  expect(versions(await openHistory({ folder, most: 5 }))).toEqual(['39', '38', '37', '36', '35'])
  expect((await stat(join(folder, '39.map'))).mode & 0o077).toBe(0)
  expect((await stat(folder)).mode & 0o077).toBe(0)
})

test('a disk that takes nothing is said once, and what waited is written when it does again', async () => {
  const said: string[] = []
  // A file where the folder is to be: nobody, not even root, can write into it.
  await writeFile(folder, '')
  const history = await openHistory({ folder, onProblem: problem => said.push(problem) })
  history.add(snapshotOf('aa'), byHand)
  history.add(snapshotOf('bb'), byHand)
  await history.close()
  history.add(snapshotOf('cc'), byHand)
  await history.close()
  expect(history.problem()).toContain('maps are not kept')
  expect(new Set(said).size).toBe(said.length)
  expect([versions(history), await history.text('aa')]).toEqual([['cc', 'bb', 'aa'], 'name: aa'])
  await rm(folder)
  history.add(snapshotOf('dd'), byHand)
  await history.close()
  expect(history.problem()).toBeUndefined()
  expect(versions(await openHistory({ folder }))).toEqual(['dd', 'cc', 'bb', 'aa'])
})
