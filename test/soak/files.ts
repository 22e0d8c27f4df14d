import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Experts } from './experts.ts'
import { DEADLINE_MS } from './faults.ts'

const shipped = (name: string) => readFileSync(join('context', name), 'utf8').trim().split('\n')

export type Row = { question: string; task: string }

/** Every sixth question of the shipped context, without its replies: enough to be unsure about, quick to prepare. */
export const rows: readonly Row[] = ['devops-lifecycle.jsonl', 'unknown.jsonl'].flatMap(name =>
  shipped(name)
    .map(line => JSON.parse(line) as Partial<Row>)
    .flatMap(({ question, task }) =>
      question === undefined || task === undefined ? [] : [{ question, task }],
    )
    .filter((_, at) => at % 6 === 0),
)

/** Few, as maps and contexts are few and come again: what the gateway remembers of them is full after the warm-up. */
export const questions: readonly string[] = rows
  .filter((_, at) => at % 5 === 0)
  .map(({ question }) => question)
export const tasks: readonly string[] = [...new Set(rows.map(({ task }) => task))].filter(
  id => id !== 'unknown',
)

/** A user's folder whose files can be replaced as a careful editor would: written beside, then renamed. */
export const createFiles = () => {
  const folder = mkdtempSync(join(tmpdir(), 'coe-soak-'))
  const replace = (name: string, text: string) => {
    writeFileSync(join(folder, `.${name}`), text)
    renameSync(join(folder, `.${name}`), join(folder, name))
  }
  return {
    folder,
    mapPath: join(folder, 'map.json'),
    writeMap: (map: object | string) =>
      replace('map.json', typeof map === 'string' ? map : JSON.stringify(map)),
    writeContext: (round: number) =>
      replace('context.jsonl', [...rows, extraRow(round % 3)].map(row => JSON.stringify(row)).join('\n')),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}

const extraRow = (round: number): Row => ({
  question: `why does build number ${100 + round} of the soak pipeline fail`,
  task: 'build',
})

/** Several that fail, because one alone would soon be left alone, and nothing would fail any more. */
const FLAKY = ['flaky-1', 'flaky-2', 'flaky-3', 'flaky-4', 'flaky-5']

/** A map like the one before and yet another: other deadlines make other experts of those that fail. */
export const mapOf = (experts: Experts, round: number, name = `soak-${round % 4}`) => {
  const faulty = { model: 'm', timeout: `${DEADLINE_MS + (round % 2) * 100}ms`, idle: '2s' }
  const turned = (by: number) => FLAKY.map((_, at) => FLAKY[(at + by) % FLAKY.length] as string)
  const order = (by: number) => [turned(by)[0], 'moody', turned(by)[1], 'healthy']
  const named = [...FLAKY, 'moody', 'judge'].map(name => [name, { url: experts.url(name), ...faulty }])
  const concurrency = 200 + (round % 4 === 0 ? 1 : 0)
  return {
    name,
    context: ['context.jsonl'],
    classifier: { expert: 'judge', timeout: '400ms' },
    tasks: Object.fromEntries(
      tasks.map((id, at) => [id, { description: `questions of ${id}`, experts: order((round % 4) + at) }]),
    ),
    unknown: order(round % 4),
    experts: {
      ...Object.fromEntries(named),
      healthy: { url: experts.url('healthy'), model: 'm', timeout: '30s', concurrency },
    },
  }
}
