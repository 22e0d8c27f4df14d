import { expect, test } from 'vitest'
import { formatProblem } from '../../src/knowledge/problem.ts'
import { readMap } from '../../src/knowledge/task-map.ts'

const base = `name: m
context: [c.jsonl]
tasks: { build: { experts: [rb] } }
experts: { rb: { builtin: runbook } }
`
const read = (access: string) => readMap('/m.yaml', base + access, {})
const said = (access: string) =>
  read(access).problems.map(problem => formatProblem(problem).replace('/m.yaml:', ''))
const [one, two] = ['1'.repeat(64), '2'.repeat(64)]

test('a key of the map is its hash, with a rate, places, experts and tasks', () => {
  const { map, problems } = read(`access:
  bot: { key: sha256:${'AB'.repeat(32)}, rate: 600/m, concurrency: 32, experts: [rb], tasks: [build, unknown] }
  other: { key: "sha256:${two}" }
`)
  expect(problems).toEqual([])
  expect(map?.access).toEqual({
    bot: {
      key: 'ab'.repeat(32),
      rate: { amount: 600, perMs: 60_000 },
      concurrency: 32,
      experts: ['rb'],
      tasks: ['build', 'unknown'],
    },
    other: { key: two },
  })
})

test('every mistake of the keys is named at once, with its place', () => {
  expect(
    said(`access:
  a: { key: sha256:${one}, experts: [rb, ghost, rb], tasks: [build, cook, build] }
  b: { key: sha256:${one} }
`),
  ).toEqual([
    '6:100: there is no expert "ghost" (defined are: rb)',
    '6:107: expert "rb" stands twice in this list',
    '6:127: access.a: there is no task "cook" (defined are: build, unknown)',
    '6:133: task "build" stands twice in this list',
    '7:13: access.b: "a" has the same key; give each its own',
  ])
  expect(
    said(`access:
  a: { key: sha256:${one}, rate: 600/day, concurrency: 0, experts: [], colour: red }
  b c: { rate: 0/m }
`),
  ).toEqual([
    '6:92: access.a.rate: must be a rate such as 10/s, 600/m or 1000/h',
    expect.stringMatching(/^6:114: access.a.concurrency: Too small/),
    expect.stringMatching(/^6:126: access.a.experts: Too small/),
    '6:130: access.a: "colour" is not a known key',
    expect.stringMatching(/^7:8: access.b c: the name must be letters/),
  ])
})

test('a key itself in the map is refused with the command that makes an entry, and is not repeated', () => {
  for (const key of ['coe-planted-secret', `sha256:${'0'.repeat(63)}`, 'sha256:coe-planted-secret']) {
    const [problem, ...more] = said(`access: { bot: { key: '${key}' } }\n`)
    expect(more).toEqual([])
    expect(problem).toMatch(/^5:23: access.bot.key: must be "sha256:".*coe-ops key new NAME/)
    expect(problem).not.toContain('planted')
  }
})

test('an access that names nobody lets nobody in by mistake, and is refused', () => {
  expect(said('access: {}\n')).toEqual([expect.stringMatching(/^5:9: access: lets nobody in/)])
  expect(said('access:\n')).toEqual([expect.stringMatching(/^5:/)])
})

test('an expert that is left out for want of a variable may stand in a list, and the list stays', () => {
  const text = `${base.replace(
    'rb: { builtin: runbook }',
    "rb: { builtin: runbook }, cloud: { ifSet: [CLOUD], url: 'http://c/v1', model: c }",
  )}access: { bot: { key: sha256:${one}, experts: [cloud] } }\n`
  const { map, problems } = readMap('/m.yaml', text, {})
  expect(problems).toEqual([])
  expect(map?.access?.bot?.experts).toEqual(['cloud'])
})
