import { expect, test } from 'vitest'
import { mapSchema } from '../../../src/knowledge/map.ts'
import type { TaskMap } from '../../../src/knowledge/task-map.ts'
import { seeded } from '../../../src/measure/random.ts'
import type { Classified, Field } from '../../../src/measure/replay/field.ts'
import type { Wanted } from '../../../src/measure/replay/plan.ts'
import { judgeAll } from '../../../src/measure/replay/replay.ts'

/** Accuracy by expert and task; drawn once, so that what should come out is known. */
const truth: Record<string, Record<string, number>> = {
  all: { build: 0.6, deploy: 0.6, operate: 0.6 },
  builder: { build: 0.9, deploy: 0.3, operate: 0.3 },
  alike: { build: 0.6, deploy: 0.6, operate: 0.59 },
}
const tasks = ['build', 'deploy', 'operate']
const random = seeded(11)
const questions: Classified[] = Array.from({ length: 1_500 }, (_, row) => ({
  truth: tasks[row % 3] ?? '',
  // Every tenth is mistaken for the next task.
  task: tasks[(row + (row % 10 === 0 ? 1 : 0)) % 3] ?? '',
  decidedBy: row % 4 === 0 ? 'fallback' : 'neighbours',
  neighbours: [],
}))
const experts = Object.keys(truth)
const rows = [...questions.keys()]
const field: Field = {
  questions,
  experts,
  outcomes: experts.map(expert =>
    Int8Array.from(questions, question => Number(random() < (truth[expert]?.[question.truth] ?? 0))),
  ),
  folds: [0, 1, 2, 3, 4].map(fold => ({
    train: rows.filter(row => row % 5 !== fold),
    test: rows.filter(row => row % 5 === fold),
  })),
}
const {
  $schema: _,
  classifier: __,
  unknown: ___,
  ...defaults
} = mapSchema.parse({
  name: 'm',
  context: ['-'],
  tasks: { none: {} },
  experts: { none: { builtin: 'runbook' } },
})
const map: TaskMap = {
  ...defaults,
  tasks: new Map(tasks.map(id => [id, { id, title: id, description: '', experts: undefined }])),
  experts: new Map(),
  scores: new Map(),
  ranking: new Map(),
}
const judged = (wanted: Partial<Wanted> = {}) =>
  judgeAll(
    field,
    {
      map,
      wanted: {
        questions: [],
        outcomes: [],
        map: undefined,
        fit: true,
        pools: 0,
        perTask: undefined,
        budget: undefined,
        newExpert: undefined,
        classifierAccuracy: 0.9,
        seed: 1,
        ...wanted,
      },
    },
    () => undefined,
  )

test('figures are those of the questions: who answered which right', () => {
  const { n, experts: alone, routedTrueLabels, classifier, nearest, byTask } = judged()
  expect(n).toBe(1_500)
  const share = (expert: number) =>
    (field.outcomes[expert] ?? new Int8Array()).reduce((sum, value) => sum + value, 0) / n
  expect(alone.builder?.accuracy).toBeCloseTo(share(1), 6)
  expect(alone.builder?.ci[0]).toBeLessThan(share(1) - 0.02)
  expect(routedTrueLabels.accuracy).toBeCloseTo(0.7, 1)
  expect(classifier).toMatchObject({ accuracy: 0.9, calls: 0.25 })
  expect(nearest).toBeNull()
  expect(byTask.build?.to).toEqual({ builder: 1 })
})

test('a simulated classifier is right as often as was asked for', () => {
  const always = judged({ classifierAccuracy: 1 })
  expect(always.simulatedClassifier.accuracy).toBeCloseTo(always.routedTrueLabels.accuracy, 6)
  const never = judged({ classifierAccuracy: 1e-9 })
  expect(never.simulatedClassifier.accuracy).toBeLessThan(always.simulatedClassifier.accuracy - 0.1)
})

test('random sets of experts are judged apart, the same ones for the same seed', () => {
  const { pools } = judged({ pools: 12 })
  expect(pools).toMatchObject({ n: 12, harmed: 0 })
  expect(pools?.meanGain).toBeGreaterThan(0.02)
  expect(pools?.meanRegret).toBe(0)
  for (const { experts: pool } of pools?.each ?? []) expect(pool.length).toBeGreaterThanOrEqual(2)
  expect(judged({ pools: 12 }).pools).toEqual(pools)
})

test('what is lost by few questions, by a budget or by a new expert is said', () => {
  const few = judged({ perTask: 3 }).regret
  expect(few?.calls).toBeCloseTo(9 / 1_200, 6)
  expect(few?.mean).toBeGreaterThan(0.05)
  const budget = judged({ budget: 0.25 }).regret
  expect(budget?.calls).toBeCloseTo(0.25, 2)
  expect(Math.abs(budget?.mean ?? 1)).toBeLessThan(0.01)
  const joined = judged({ newExpert: 'each', perTask: 60 }).regret
  expect(Object.keys(joined?.byExpert ?? {})).toEqual(experts)
  expect(joined?.byExpert?.builder).toBeLessThan(0.01)
})
