import { expect, test } from 'vitest'
import { formatProblem } from '../../src/knowledge/problem.ts'
import { readMap } from '../../src/knowledge/task-map.ts'
import { expertsFor } from '../../src/routing/order.ts'

const base = `name: m
context: [c.jsonl]
tasks: { build: {}, deploy: { experts: [a] }, operate: {} }
experts:
  a: { url: 'http://a/v1', model: a }
  b: { url: 'http://b/v1', model: b }
  c: { url: 'http://c/v1', model: c, ifSet: [NOWHERE] }
scores:
  a: { build: 0.9, deploy: 0.5, operate: 0.9 }
  b: { build: 0.5, deploy: 0.8, operate: 0.5 }
ranking:
`
const mapFrom = (ranking: string) => {
  const { map, problems } = readMap('/m.yaml', base + ranking, {})
  if (map === undefined) throw new Error(problems.map(formatProblem).join('\n'))
  return map
}

test('what measuring decided on goes before bare scores, and a pinned order before both', () => {
  const map = mapFrom(`  build: { experts: [b, a], because: measured }
  deploy: { experts: [b, a] }
`)
  expect(expertsFor(map, 'build')).toEqual(['b', 'a'])
  expect(expertsFor(map, 'deploy')).toEqual(['a', 'b'])
  expect(expertsFor(map, 'operate')).toEqual(['a', 'b'])
})

test('the experts of what fits no task can be ranked too, and pinned above that', () => {
  const ranking = '  unknown: { experts: [b, a] }\n'
  expect(expertsFor(mapFrom(ranking), 'unknown')).toEqual(['b', 'a'])
  expect(expertsFor(mapFrom(`${ranking}unknown: [a]\n`), 'unknown')).toEqual(['a'])
})

test('an expert that is left out here is left out of the ranking; nobody left means by score', () => {
  const map = mapFrom('  build: { experts: [c, b] }\n  operate: { experts: [c] }\n')
  expect(expertsFor(map, 'build')).toEqual(['b', 'a'])
  expect(expertsFor(map, 'operate')).toEqual(['a', 'b'])
})

test('a ranking of tasks or experts that do not exist is named with its place', () => {
  const { problems } = readMap(
    '/m.yaml',
    `${base}  cook: { experts: [a] }\n  build: { experts: [ghost, a, a] }\n`,
    {},
  )
  expect(problems.map(problem => formatProblem(problem).replace('/m.yaml:', ''))).toEqual([
    '12:3: ranking: there is no task "cook"',
    '13:22: there is no expert "ghost" (defined are: a, b, c)',
    '13:32: expert "a" stands twice in this list',
  ])
})

test('a ranked task needs no scores', () => {
  const text = base.replace(/scores:\n.*\n.*\n/, '').replace('operate: {}', 'operate: { experts: [b] }')
  const { map } = readMap('/m.yaml', `${text}  build: { experts: [a] }\n`, {})
  expect(map && expertsFor(map, 'build')).toEqual(['a'])
})
