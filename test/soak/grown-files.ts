import { appendFileSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Row } from './files.ts'

const SHIPPED = ['devops-lifecycle.jsonl', 'unknown.jsonl']
const SERVICES = ['payments', 'checkout', 'search', 'billing', 'the mailer', 'the gateway', 'inventory']
const PLACES = ['on staging', 'in production', 'in eu-west', 'on the build host', 'since friday']
const OPENINGS = ['', 'help: ', 'quick one, ', 'again: ', 'for the new team: ']

/** The shipped examples, said again and again of other services, elsewhere, until there are so many. */
export const manyRows = (count: number): Row[] => {
  const said = SHIPPED.flatMap(name => readFileSync(join('context', name), 'utf8').trim().split('\n'))
    .map(line => JSON.parse(line) as Partial<Row>)
    .flatMap(({ question, task }) =>
      question === undefined || task === undefined ? [] : [{ question, task }],
    )
  return Array.from({ length: count }, (_, at) => {
    const { question, task } = said[at % said.length] as Row
    const round = Math.floor(at / said.length)
    return round === 0 ? { question, task } : { question: variedBy(question, at * 31 + round), task }
  })
}

const variedBy = (question: string, seed: number) => {
  const pick = (words: readonly string[], by: number) => words[Math.floor(seed / by) % words.length] ?? ''
  return `${pick(OPENINGS, 7)}${question} ${pick(SERVICES, 3)} ${pick(PLACES, 11)} ${seed % 97}`
}

/** A folder with a map and a context of so many examples; what was computed of them stays in it for the next time. */
export const createGrownFiles = (folder: string, examples: number) => {
  mkdirSync(folder, { recursive: true })
  const [mapPath, contextPath] = [join(folder, 'map.json'), join(folder, 'context.jsonl')]
  const rows = manyRows(examples)
  const tasks = [...new Set(rows.map(({ task }) => task))].filter(task => task !== 'unknown')
  const writeMap = (name: string) => {
    const map = {
      name,
      context: ['context.jsonl'],
      tasks: Object.fromEntries(tasks.map(id => [id, { description: id, experts: ['runbook'] }])),
      experts: { runbook: { builtin: 'runbook' } },
    }
    writeFileSync(`${mapPath}~`, JSON.stringify(map))
    renameSync(`${mapPath}~`, mapPath)
  }
  writeFileSync(contextPath, linesOf(rows))
  writeMap('grown')
  return {
    mapPath,
    dataPath: join(folder, 'data'),
    isFirst: !existsSync(join(folder, 'data')),
    writeMap,
    append: (more: readonly Row[]) => appendFileSync(contextPath, linesOf(more)),
  }
}

const linesOf = (rows: readonly Row[]) => rows.map(row => `${JSON.stringify(row)}\n`).join('')
