import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { mapJsonSchema } from '../../src/knowledge/map.ts'
import { formatProblem } from '../../src/knowledge/problem.ts'
import { readSources } from '../../src/knowledge/sources.ts'
import { readMap } from '../../src/knowledge/task-map.ts'
import { root } from '../support/gateway.ts'

const said = (text: string, environment = {}) =>
  readMap('/m.yaml', text, environment).problems.map(problem =>
    formatProblem(problem).replace('/m.yaml:', ''),
  )

test('every mistake of a map is named at once, with its line and column', () => {
  const problems = said(`name: m
context: [c.jsonl]
colour: red
tasks:
  build: { experts: [a, ghost] }
  deploy: {}
  unknown: {}
experts:
  a: { url: 'ftp://a', model: a }
  b: { url: 'http://b/v1', model: b, timeout: soon, key: '\${NOT_SET}' }
  c: { url: 'http://c/v1', modle: c }
scores:
  a: { build: 87, cook: 0.5 }
`)
  expect(problems).toEqual([
    '3:1: "colour" is not a known key',
    '9:13: experts.a.url: must be an http(s) address such as https://host/v1',
    '10:47: experts.b.timeout: must be a duration between 1ms and 1h such as 500ms, 5s or 2m',
    '10:58: the environment variable NOT_SET is not set (set it, or give a default: ${NOT_SET:-value})',
    '11:6: experts.c.model: is missing',
    '11:28: experts.c: "modle" is not a known key',
    '13:15: scores.a.build: Too big: expected number to be <=1',
  ])
})

test('names that stand for nothing, and tasks that nobody answers, are named', () => {
  expect(
    said(`name: m
context: [c.jsonl]
tasks:
  build: { experts: [a, ghost, a] }
  deploy: {}
  unknown: { experts: [a] }
experts:
  a: { url: 'http://a/v1', model: a, key: sk-literal }
  runbook: { builtin: runbook }
classifier: { expert: runbook }
scores: { a: { cook: 0.5 }, nobody: { build: 1 } }
aliases: { gpt: task/cook }
`),
  ).toEqual([
    '4:25: there is no expert "ghost" (defined are: a, runbook)',
    '4:32: expert "a" stands twice in this list',
    '5:3: task "deploy" has no experts and no scores: list experts, or measure them with scores',
    '6:3: "unknown" is what fits no task and cannot be a task; pin its experts with the key "unknown"',
    '8:43: warning: the key of "a" stands in the file; write ${NAME} and set it in the environment',
    '10:23: "runbook" is built in and cannot classify; name a model behind a url',
    '11:16: scores.a: there is no task "cook"',
    '11:29: there is no expert "nobody" (defined are: a, runbook)',
    '12:17: aliases.gpt: "task/cook" is neither auto nor a task/<id> or expert/<id> of this map',
  ])
})

test('a file that is no YAML, and one that is empty, say so once', () => {
  expect(said('a: { b: ${X} }\nc: { d: 1 }\ne: [')).toEqual([
    expect.stringContaining('put quotes around ${NAME}'),
  ])
  expect(said('name: [')[0]).toMatch(/^\d+:\d+: /)
  expect(said('')).toEqual(['1:1: the file is empty; a map needs name, context, tasks and experts'])
  expect(said('name: a\nname: b\n')[0]).toBe('2:1: Map keys must be unique')
})

test('an expert joins only when one of its variables is set, and is gone everywhere when none is', () => {
  const text = `name: m
context: [c.jsonl]
classifier: { expert: cloud }
tasks: { build: { experts: [cloud, runbook] } }
unknown: [cloud]
experts:
  cloud: { ifSet: [CLOUD_KEY, CLOUD_URL], url: '\${CLOUD_URL:-http://c/v1}', model: '\${CLOUD_MODEL}', key: '\${CLOUD_KEY:-}' }
  runbook: { builtin: runbook }
scores: { cloud: { build: 0.9 } }
`
  const without = readMap('/m.yaml', text, {})
  expect(without.problems).toEqual([])
  expect([...(without.map?.experts.keys() ?? [])]).toEqual(['runbook'])
  expect(without.map).toMatchObject({ unknown: undefined })
  expect(without.map?.classifier).toBeUndefined()
  expect(without.map?.tasks.get('build')?.experts).toEqual(['runbook'])

  const given = readMap('/m.yaml', text, { CLOUD_KEY: 'k', CLOUD_MODEL: 'm' })
  expect(given.map?.experts.get('cloud')).toMatchObject({
    url: 'http://c/v1',
    model: 'm',
    key: 'k',
    timeout: 60_000,
  })
  expect(given.map?.classifier?.expert).toBe('cloud')
  expect(said(text, { CLOUD_KEY: 'k' })).toEqual([expect.stringContaining('CLOUD_MODEL is not set')])
})

test('the shipped maps have no problem, and point editors to the schema that the program itself checks by', async () => {
  const folder = join(root, 'mappings')
  const maps = (await readdir(folder)).filter(name => name.endsWith('.yaml'))
  expect(maps.sort()).toEqual(['aiops.yaml', 'default.yaml', 'devops-lifecycle.yaml'])
  for (const name of maps) {
    expect((await readSources(join(folder, name), {})).problems.map(formatProblem), name).toEqual([])
    expect(await readFile(join(folder, name), 'utf8')).toContain('$schema=./map.schema.json')
  }
  expect(JSON.parse(await readFile(join(folder, 'map.schema.json'), 'utf8'))).toEqual(mapJsonSchema())
})

const fine = `name: m
context: [c.jsonl]
tasks: { build: { experts: [rb] } }
experts: { rb: { builtin: runbook } }
`

test.each([
  [
    'stands for nothing',
    'unknown: *nope\naliases: *gone\n',
    [
      '5:10: *nope stands for nothing: there is no &nope before it',
      '6:10: *gone stands for nothing: there is no &gone before it',
    ],
  ],
  [
    'stands for itself later on',
    'unknown: *later\naliases: &later {}\n',
    ['5:10: *later stands for nothing: there is no &later before it'],
  ],
  [
    'stands for far too much',
    `a: &a [x, x, x, x, x, x, x, x, x]
b: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a]
c: [*b, *b, *b, *b, *b, *b, *b, *b, *b]
d: [*b, *b, *b, *b, *b, *b, *b, *b, *b]
`,
    [expect.stringMatching(/^[78]:\d+: Excessive alias count/)],
  ],
])('an alias that %s is told with its line and column', (_what, more, problems) => {
  expect(said(fine + more)).toEqual(problems)
})

test('a merge of what cannot be merged is told with its line and column', () => {
  const merging = (experts: string) => `%YAML 1.1\n---\n${fine.replace(/experts: \{ rb.*\n/, '')}${experts}`
  expect(said(merging('experts:\n  rb: { builtin: runbook }\n  b: { <<: 5 }\n'))).toEqual([
    '8:8: Merge sources must be maps or map aliases',
  ])
  const base =
    "experts:\n  rb: &base { ifSet: [KEY], url: 'http://a/v1', model: a }\n  b: { <<: *base, model: b }\n"
  expect(said(merging(base), { KEY: 'k' })).toEqual([])
})

test('each fault of an expert is told in the words of the form that was meant', () => {
  const expert = (text: string) => said(fine.replace('{ builtin: runbook }', text))
  expect(expert('{ url: "ftp://x", model: "", timeout: 0s }')).toEqual([
    '4:23: experts.rb.url: must be an http(s) address such as https://host/v1',
    expect.stringMatching(/^4:41: experts.rb.model: /),
    expect.stringMatching(/^4:54: experts.rb.timeout: must be a duration/),
  ])
  expect(expert('{ builtin: runbok, url: "http://x/v1", model: m }')).toEqual([
    expect.stringMatching(/^4:27: experts.rb.builtin: .*"runbook"/),
    '4:35: experts.rb: "url" is not a known key',
    '4:55: experts.rb: "model" is not a known key',
  ])
  expect(expert('5')).toEqual([expect.stringMatching(/experts.rb: expected object/)])
})

test('an address that holds a user or a password is refused, and neither is printed', () => {
  for (const url of ['https://me:hush@host/v1', 'https://hush@host/v1']) {
    expect(said(fine.replace('{ builtin: runbook }', `{ url: '${url}', model: m }`))).toEqual([
      '4:23: experts.rb.url: must not hold a user or a password; give the key as "key"',
    ])
  }
  expect(said(fine.replace('{ builtin: runbook }', "{ url: 'https://host/v1/@x?a=b@c', model: m }"))).toEqual(
    [],
  )
})

test('a variable that is not set is all that is said of its place', () => {
  expect(said(fine.replace('[rb]', "[rb, '${FIRST}', '${SECOND}']"))).toEqual([
    expect.stringMatching(/^3:33: the environment variable FIRST is not set/),
    expect.stringMatching(/^3:45: the environment variable SECOND is not set/),
  ])
})

test('a folder in place of a file has a name when it is complained of', () => {
  expect(formatProblem({ file: process.cwd(), line: 1, column: 1, message: 'bad', severity: 'error' })).toBe(
    '.:1:1: bad',
  )
})

test('names that JavaScript knows already mean nothing more than other names', () => {
  const proto = 'name: m\ncontext: [c]\ntasks:\n  __proto__: { experts: [rb] }\n  build: { experts: [rb] }\n'
  expect(said(`${proto}experts: { rb: { builtin: runbook } }\n`)).toEqual([
    '4:3: "__proto__" is no name for anything',
  ])
  expect(said(fine.replace('{ rb:', '{ __proto__: { builtin: runbook }, rb:'))).toEqual([
    '4:12: "__proto__" is no name for anything',
  ])
  expect(said(`${fine}scores: { rb: { constructor: 0.5 }, toString: { build: 1 } }\n`)).toEqual([
    '5:17: scores.rb: there is no task "constructor"',
    '5:37: there is no expert "toString" (defined are: rb)',
  ])
  expect(said(`${fine}aliases: { gpt: task/constructor }\n`)).toHaveLength(1)
  expect(said(`${fine}classifier: { expert: constructor }\n`)).toHaveLength(1)
  expect(said(fine.replace('tasks: {', 'scores: { rb: { build: 1 } }\ntasks: { constructor: {},'))).toEqual([
    expect.stringContaining('task "constructor" has no experts and no scores'),
  ])
  expect(readMap('/m.yaml', fine.replace('build', 'constructor'), {}).map?.tasks.has('constructor')).toBe(
    true,
  )
})
