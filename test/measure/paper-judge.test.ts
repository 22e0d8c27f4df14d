import { expect, test } from 'vitest'
import type { TaskMap } from '../../src/knowledge/task-map.ts'
import { judgeExperts } from '../../src/measure/paper/judge.ts'
import { publishedFor, publishedOf } from '../../src/measure/paper/published.ts'

const map = {
  tasks: new Map(['x', 'y'].map(id => [id, { id, title: id, description: '', experts: undefined }])),
  experts: new Map(['a', 'b'].map(id => [id, { url: 'http://127.0.0.1:9/v1', model: id }])),
  scores: new Map(),
  ranking: new Map(),
  choose: { by: 'accuracy', within: 1 },
} as unknown as TaskMap

/** Context: three questions of x, six of y. Judged: four of each, of which b knows all x, and a all y. */
const tasks = [...'xxxyyyyyy', ...'xxxxyyyy']
const field = {
  // The nearest of all judged ones is the third of x, which b alone had right.
  questions: tasks.map(task => ({ truth: task, task, decidedBy: 'neighbours' as const, neighbours: [2] })),
  folds: [{ train: [0, 1, 2, 3, 4, 5, 6, 7, 8], test: [9, 10, 11, 12, 13, 14, 15, 16] }],
  experts: ['a', 'b'],
  outcomes: [
    Int8Array.from([1, 0, 0, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 1, 1, 1, 1]),
    Int8Array.from([0, 1, 1, 1, 1, 0, 0, 0, 0, 1, 1, 1, 1, 0, 0, 0, 0]),
  ],
}

test('a lead of one question moves a task by the scores alone, and not with care', () => {
  const decided = new Map([['withContext' as const, tasks]])
  const judged = judgeExperts({ field, map, decided, seed: 1 })
  expect(judged.bestSingle).toMatchObject({ expert: 'a', accuracy: 0.5, byTask: { x: 0, y: 1 } })
  expect(judged.routed.withContext).toMatchObject({ accuracy: 0.5, gain: { accuracy: 0 }, gainPercent: 0 })
  expect(judged.byScores.withContext).toMatchObject({ accuracy: 1, byTask: { x: 1, y: 1 }, gainPercent: 100 })
  expect(judged.byScores.withContext?.gain.accuracy).toBe(0.5)
  expect(judged.nearest).toMatchObject({ accuracy: 0.5, byTask: { x: 1, y: 0 } })
  expect([judged.random.accuracy, judged.oracle.accuracy]).toEqual([0.5, 1])
})

test('what a mode takes for another task goes to the expert of that task', () => {
  const swapped = tasks.map(task => (task === 'x' ? 'y' : 'x'))
  const judged = judgeExperts({ field, map, decided: new Map([['neighbours' as const, swapped]]), seed: 1 })
  expect(judged.byScores.neighbours).toMatchObject({ accuracy: 0, gainPercent: -100 })
  expect(judged.trueTasks.accuracy).toBe(0.5)
})

test('published figures are found by the name of the model, however it is written', () => {
  const found = publishedOf('Qwen/Qwen-14B-Chat', 'A')
  expect(found).toMatchObject({
    overall: 0.4894,
    byTask: { 'log-parsing': 0.6457, 'anomaly-detection': 0.2267 },
  })
  expect(found && publishedFor(found, 'time-series-anomaly-detection')).toBe(0.2267)
  expect(publishedOf('devopspal-14b-chat', 'B')?.overall).toBe(0.7823)
  expect(publishedOf('gpt-4o', 'B')).toBeUndefined()
})
