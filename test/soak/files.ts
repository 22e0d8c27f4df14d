import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Experts } from './experts.ts'
import { DEADLINE_MS } from './faults.ts'

const shipped = (name: string) => readFileSync(join('context', name), 'utf8').trim().split('\n')

type Row = { question: string; task: string }

/** Every sixth question of the shipped context, without its replies: enough to be unsure about, quick to prepare. */
export const rows: readonly Row[] = ['devops-lifecycle.jsonl', 'unknown.jsonl'].flatMap(name =>
  shipped(name)
    .filter((_, at) => at % 6 === 0)
    .map(line => JSON.parse(line) as Row)
    // Lines of keywords are no questions.
    .filter(({ question }) => question !== undefined)
    .map(({ question, task }) => ({ question, task })),
)

export const questions: readonly string[] = rows.map(({ question }) => question)
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
      replace('context.jsonl', [...rows, extraRow(round)].map(row => JSON.stringify(row)).join('\n')),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}

const extraRow = (round: number): Row => ({
  question: `why does build number ${round} of the soak pipeline fail`,
  task: 'build',
})

/** A map like the one before and yet another: other deadlines make other experts of those that fail. */
export const mapOf = (experts: Experts, round: number) => {
  const order = round % 3 === 0 ? ['moody', 'flaky', 'healthy'] : ['flaky', 'moody', 'healthy']
  const faulty = { model: 'm', timeout: `${round % 2 === 0 ? DEADLINE_MS : DEADLINE_MS + 100}ms`, idle: '2s' }
  return {
    name: `soak-${round}`,
    context: ['context.jsonl'],
    classifier: { expert: 'judge', timeout: '400ms' },
    tasks: Object.fromEntries(tasks.map(id => [id, { description: `questions of ${id}`, experts: order }])),
    unknown: order,
    experts: {
      flaky: { url: experts.url('flaky'), ...faulty },
      moody: { url: experts.url('moody'), ...faulty },
      judge: { url: experts.url('judge'), ...faulty },
      healthy: {
        url: experts.url('healthy'),
        model: 'm',
        timeout: '30s',
        concurrency: 200 + (round % 4 === 0 ? 1 : 0),
      },
    },
  }
}
