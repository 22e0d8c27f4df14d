import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const source = fileURLToPath(new URL('../src/', import.meta.url))

/** Who may import whom; a part may always import itself. Arrows only downwards: this table is the architecture. */
const mayImport: Record<string, readonly string[]> = {
  errors: [],
  leases: [],
  config: ['config-tracing'],
  'config-tracing': [],
  resilience: ['errors'],
  retrieval: ['errors'],
  experts: ['errors', 'leases', 'resilience'],
  knowledge: ['errors', 'leases', 'retrieval'],
  routing: ['errors', 'knowledge', 'experts', 'retrieval'],
  swaps: ['errors', 'knowledge', 'routing', 'retrieval'],
  measure: ['errors', 'routing', 'knowledge', 'retrieval', 'experts'],
  observe: ['errors', 'knowledge', 'routing', 'experts'],
  processes: ['errors', 'experts', 'http', 'knowledge', 'observe', 'routing'],
  http: ['errors', 'routing', 'knowledge', 'experts', 'observe', 'resilience', 'swaps'],
}
const mayImportEverything = ['wire', 'main', 'commands']

/** A library that must stay behind one folder's door. */
const onlyIn: Record<string, readonly string[]> = {
  'prom-client': ['observe'],
  pino: ['observe', 'wire', 'processes', 'commands'],
  fastify: ['http', 'wire'],
  undici: ['experts'],
  openai: ['experts'],
  '@xenova/transformers': ['retrieval'],
  'hnswlib-node': ['retrieval'],
  'lru-cache': ['routing'],
  yaml: ['knowledge'],
  echarts: ['measure'],
  '@opentelemetry/api': ['observe'],
  '@opentelemetry/sdk-trace-base': ['observe'],
  '@opentelemetry/resources': ['observe'],
  '@opentelemetry/exporter-trace-otlp-http': ['observe'],
}

const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter(file => file.endsWith('.ts'))
const partOf = (file: string) => file.split(/[\\/]/)[0]?.replace(/\.ts$/, '') ?? ''
const imports = files.flatMap(file =>
  [...readFileSync(join(source, file), 'utf8').matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map(
    ([, target = '']) => ({ file, target }),
  ),
)

test('every import goes the way of the table', () => {
  const astray = imports
    .filter(({ target }) => target.startsWith('.'))
    .map(({ file, target }) => ({
      file,
      to: relative(source, normalize(join(source, dirname(file), target))),
    }))
    .filter(({ file, to }) => {
      const [from, into] = [partOf(file), partOf(to)]
      return from !== into && !mayImportEverything.includes(from) && !mayImport[from]?.includes(into)
    })
    .map(({ file, to }) => `${file} imports ${to}`)
  expect(astray).toEqual([])
})

test('libraries stay behind the folder that owns them', () => {
  const astray = imports
    .filter(({ file, target }) => onlyIn[target] !== undefined && !onlyIn[target].includes(partOf(file)))
    .map(({ file, target }) => `${file} imports ${target}`)
  expect(astray).toEqual([])
})

test('what is heavy is loaded by who needs it: a command by its caller, the model by who encodes', () => {
  const main = readFileSync(join(source, 'main.ts'), 'utf8')
  const atOnce = [...main.matchAll(/^import (?!type).*'\.\/(commands\/.*|wire\.ts)'/gm)].map(
    ([, file]) => file,
  )
  expect(atOnce).toEqual(['commands/command.ts'])
  const model = /^import (?!type).*'@xenova\/transformers'/m
  expect(files.filter(file => model.test(readFileSync(join(source, file), 'utf8')))).toEqual([])
})

test('the environment is read in one file, and handed over at the entrance', () => {
  const readers = files.filter(file => /process\.env\b/.test(readFileSync(join(source, file), 'utf8')))
  expect(readers).toEqual(['main.ts'])
})

test('no file is longer than 250 lines, no part is unknown to the table, and no type is given up', () => {
  const texts = files.map(file => ({ file, text: readFileSync(join(source, file), 'utf8') }))
  expect(texts.filter(({ text }) => text.split('\n').length > 250).map(({ file }) => file)).toEqual([])
  expect(
    files.map(partOf).filter(part => mayImport[part] === undefined && !mayImportEverything.includes(part)),
  ).toEqual([])
  expect(
    texts
      .filter(({ text }) => /(:|<|as) any\b|@ts-(ignore|expect-error|nocheck)/.test(text))
      .map(({ file }) => file),
  ).toEqual([])
})
