import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { parse } from 'yaml'
import { type Exam, examQuestions, startExam } from '../../support/exam.ts'
import { mapOf, root, userFolder } from '../../support/gateway.ts'

/** COE_RANK_QUESTIONS and COE_RANK_KILLS make it as large as one likes. */
const count = Number(process.env.COE_RANK_QUESTIONS ?? 200)
const kills = Number(process.env.COE_RANK_KILLS ?? 4)
const models = ['right-90', 'right-75', 'right-60', 'right-45', 'right-30']

let exam: Exam
let folder = ''
let mapPath = ''

beforeEach(async () => {
  exam = await startExam()
  const experts = models.map(model => [model, { url: exam.url, model, concurrency: 4 }])
  const made = await userFolder(mapOf(Object.fromEntries(experts)))
  folder = made.folder
  mapPath = made.mapPath
  const rows = examQuestions(count).map(row => JSON.stringify(row))
  await writeFile(join(folder, 'questions.jsonl'), rows.join('\n'))
})
afterEach(async () => {
  await exam.close()
  await rm(folder, { recursive: true, force: true })
})

const start = (data: string, out: string): ChildProcess =>
  spawn(
    process.execPath,
    [
      ...[
        join(root, 'dist/main.js'),
        'rank',
        '--map',
        mapPath,
        '--questions',
        join(folder, 'questions.jsonl'),
      ],
      ...['--out', join(folder, `${out}.yaml`), '--outcomes', join(folder, `${out}.csv`), '--json'],
    ],
    { env: { PATH: process.env.PATH, COE_DATA: join(folder, data) }, stdio: ['ignore', 'ignore', 'inherit'] },
  )

const ended = async (child: ChildProcess) => {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  return child.exitCode
}

const written = async (name: string) => ({
  outcomes: await readFile(join(folder, `${name}.csv`), 'utf8'),
  scores: parse(await readFile(join(folder, `${name}.yaml`), 'utf8')).scores,
})

/** Answers that lie on the disk, by expert and question; a line that was cut off is none. */
const journal = async (data: string) => {
  const seen = new Map<string, number>()
  for (const file of await readdir(join(folder, data, 'rank'))) {
    for (const line of (await readFile(join(folder, data, 'rank', file), 'utf8')).split('\n')) {
      if (!line.endsWith('}')) continue
      const { key } = JSON.parse(line)
      seen.set(key, (seen.get(key) ?? 0) + 1)
    }
  }
  return seen
}

const served = () =>
  [...exam.answered.values()].reduce((sum, of) => sum + [...of.values()].reduce((a, b) => a + b, 0), 0)

test('killed again and again, every question is answered once by every expert, and the scores are as if undisturbed', async () => {
  expect(await ended(start('calm', 'calm'))).toBe(0)
  exam.answered.clear()
  Object.assign(exam.plan, { failures: 0.1, delayMs: 10 })
  const total = count * models.length
  for (let kill = 1; kill <= kills; kill++) {
    const child = start('killed', 'killed')
    const enough = (total * kill) / (kills + 1)
    while (served() < enough && child.exitCode === null) await new Promise(resolve => setTimeout(resolve, 3))
    child.kill('SIGKILL')
    await ended(child)
  }
  expect(await ended(start('killed', 'killed'))).toBe(0)
  expect(await written('killed')).toEqual(await written('calm'))
  const answers = await journal('killed')
  expect(answers.size).toBe(total)
  expect([...answers.values()].filter(times => times !== 1)).toEqual([])
  // What was under way when it was killed is all that may have been asked twice.
  expect(served() - total).toBeLessThanOrEqual(kills * models.length * 4)
}, 600_000)

test('Ctrl-C waits for the calls under way, keeps them, and says how to go on', async () => {
  exam.plan.delayMs = 50
  const child = start('stopped', 'stopped')
  while (served() < 20) await new Promise(resolve => setTimeout(resolve, 3))
  child.kill('SIGINT')
  expect(await ended(child)).toBe(130)
  expect((await journal('stopped')).size).toBe(served())
  exam.plan.delayMs = 0
  expect(await ended(start('stopped', 'stopped'))).toBe(0)
  expect(served()).toBe(count * models.length)
})
