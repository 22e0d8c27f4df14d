import { expect, test } from 'vitest'
import type { Snapshot } from '../../src/knowledge/snapshot.ts'
import { readMap, type TaskMap } from '../../src/knowledge/task-map.ts'
import { decide, enoughFor, isUsable, nothingFound, wantsClassifier } from '../../src/routing/decide.ts'
import { expertsFor } from '../../src/routing/order.ts'

const mapFrom = (yaml: string): TaskMap => {
  const { map, problems } = readMap('/m.yaml', yaml, {})
  if (map === undefined) throw new Error(JSON.stringify(problems))
  return map
}

const base = `
name: m
context: [c.jsonl]
tasks: { build: {}, deploy: {}, operate: {} }
experts:
  a: { url: 'http://a/v1', model: a, price: { input: 3, output: 3 } }
  b: { url: 'http://b/v1', model: b, price: { input: 1, output: 1 } }
  c: { url: 'http://c/v1', model: c }
  runbook: { builtin: runbook }
scores:
  a: { build: 0.9, deploy: 0.5, operate: 0.5 }
  b: { build: 0.895, deploy: 0.8, operate: { accuracy: 0.5, n: 40 } }
  c: { build: 1.0 }
`

test('the most accurate expert of a task comes first; ties go to the better average, then the lower price, then the name', () => {
  const map = mapFrom(base)
  expect(expertsFor(map, 'build')).toEqual(['c', 'a', 'b', 'runbook'])
  expect(expertsFor(map, 'deploy')).toEqual(['b', 'a', 'c', 'runbook'])
  expect(expertsFor(map, 'operate')).toEqual(['b', 'a', 'c', 'runbook'])
})

test('what fits no task goes to the best mean over tasks, a task not measured counting as nothing', () => {
  expect(expertsFor(mapFrom(base), 'unknown')).toEqual(['b', 'a', 'c', 'runbook'])
})

test('pins override scores, and the experts of unknown and the built-in one follow', () => {
  const map = mapFrom(base.replace('build: {}', 'build: { experts: [b] }').concat('unknown: [a]\n'))
  expect(expertsFor(map, 'build')).toEqual(['b', 'a', 'runbook'])
  expect(expertsFor(map, 'unknown')).toEqual(['a', 'runbook'])
})

test('choosing by price takes the cheapest that is good enough; a price not written down is not a low one', () => {
  const map = mapFrom(`${base}choose: { by: price, within: 15 }\n`)
  expect(expertsFor(map, 'build')).toEqual(['b', 'a', 'c', 'runbook'])
})

const snapshot = (threshold: number | undefined, classifier = '') =>
  ({
    version: 'v',
    map: mapFrom(base + classifier),
    examples: [],
    threshold,
  }) as unknown as Snapshot

const nearest = (confidence: number, known = 1) => ({
  neighbours: () => [],
  ranking: () => [{ task: 'deploy', confidence }],
  margin: confidence,
  known,
})

test('neighbours decide alone from the threshold on, fall back from the lower bar on, and below that it is unknown', () => {
  const how = (confidence: number, threshold: number | undefined = 0.8) => {
    const { task, decidedBy } = decide(snapshot(threshold), nearest(confidence), 'nothing')
    return [task, decidedBy]
  }
  expect(how(0.8)).toEqual(['deploy', 'neighbours'])
  expect(how(0.79)).toEqual(['deploy', 'fallback'])
  expect(how(0.24)).toEqual(['unknown', 'fallback'])
  expect(decide(snapshot(undefined), nearest(0.99), 'nothing').decidedBy).toBe('fallback')
})

test('a question like nothing in the context is not decided by its neighbours, however sure they are', () => {
  expect(decide(snapshot(0.8), nearest(0.99, 0.004), 'nothing')).toMatchObject({
    task: 'unknown',
    decidedBy: 'fallback',
  })
  expect(wantsClassifier(snapshot(0.8, 'classifier: { expert: a }\n'), nearest(0.99, 0.01))).toBe(true)
})

test('without any neighbour the question is unknown, and still has experts', () => {
  expect(decide(snapshot(0.8), nothingFound, 'nothing')).toMatchObject({
    task: 'unknown',
    decidedBy: 'fallback',
    experts: ['b', 'a', 'c', 'runbook'],
  })
})

test("the classifier's word is taken, and it is asked as the map says", () => {
  expect(decide(snapshot(0.8), nearest(0.4), { task: 'build' })).toMatchObject({
    task: 'build',
    decidedBy: 'classifier',
  })
  const asked = (use: string, confidence: number) =>
    wantsClassifier(snapshot(0.8, `classifier: { expert: a, use: ${use} }\n`), nearest(confidence))
  expect([asked('when-unsure', 0.9), asked('when-unsure', 0.5)]).toEqual([false, true])
  expect([asked('always', 0.9), asked('never', 0.1)]).toEqual([true, false])
})

test('what words alone say is held against their own threshold, and the record says that they decided', () => {
  const both = { ...snapshot(0.5), wordsThreshold: 0.8 }
  const byWords = (margin: number) => ({ ...nearest(margin), byWords: true as const })
  expect(decide(both, byWords(0.8), 'nothing')).toMatchObject({
    decidedBy: 'neighbours',
    nearest: { byWords: true },
  })
  expect(decide(both, byWords(0.7), 'nothing').decidedBy).toBe('fallback')
  expect(decide(both, nearest(0.7), 'nothing')).not.toHaveProperty('nearest.byWords')
  expect(enoughFor(both)).toEqual({ margin: 0.8, known: 0.02 })
})

test('words are not asked where nothing is promised of them, or a classifier that is always asked needs the neighbours', () => {
  const always = { ...snapshot(0.5, 'classifier: { expert: a, use: always }\n'), wordsThreshold: 0.8 }
  expect(enoughFor(snapshot(0.5))).toBeUndefined()
  expect(enoughFor(always)).toBeUndefined()
})

test('what words said for one map is no ground for another map that wants more of them', () => {
  const byWords = { ...nearest(0.8), byWords: true as const }
  const wanting = (wordsThreshold: number, classifier = '') => ({
    ...snapshot(0.5, classifier),
    wordsThreshold,
  })
  expect(isUsable(wanting(0.8), byWords)).toBe(true)
  expect(isUsable(wanting(0.9), byWords)).toBe(false)
  expect(isUsable(wanting(0.8, 'classifier: { expert: a, use: always }\n'), byWords)).toBe(false)
  expect(isUsable(wanting(0.9), nearest(0.1))).toBe(true)
})
