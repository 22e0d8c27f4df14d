import { expect, test } from 'vitest'
import type { Snapshot } from '../../src/knowledge/snapshot.ts'
import { type Decision, decide, pinned } from '../../src/routing/decide.ts'
import { type Made, redecide } from '../../src/swaps/redecide.ts'
import { cpuMs } from '../support/cpu.ts'

const order = (...experts: string[]) => experts
const snapshotOf = (experts: Record<string, string[]>, more: object = {}, context = 'c1') =>
  ({
    version: JSON.stringify(experts),
    context,
    threshold: 0.5,
    examples: [],
    map: {
      tasks: new Map(Object.entries(experts).map(([id, own]) => [id, { id, experts: own }])),
      experts: new Map([...new Set(Object.values(experts).flat())].map(id => [id, { url: 'http://h' }])),
      scores: new Map(),
      ranking: new Map(),
      unknown: ['u'],
      choose: { by: 'accuracy', within: 1 },
      ...more,
    },
    retriever: { nearest: async () => nearest('deploy', 0.9) },
  }) as unknown as Snapshot

const nearest = (task: string, margin: number) => ({
  neighbours: () => [],
  ranking: () => [
    { task, confidence: 0.9 },
    { task: task === 'build' ? 'deploy' : 'build', confidence: 0.1 },
  ],
  margin,
  known: 0.9,
})
const made = (decision: Decision, question?: string): Made => ({ decision, question, questionHash: 'h' })

const current = snapshotOf({ build: order('a', 'b'), deploy: order('a', 'b') })
const classified = { classifier: { expert: 'a', use: 'when-unsure' } }

test('ten thousand decisions are made again in no time, and others have their turn meanwhile', async () => {
  const next = snapshotOf({ build: order('b', 'a'), deploy: order('a', 'b') })
  const all = Array.from({ length: 10_000 }, (_, at) =>
    made(decide(current, nearest(at % 2 === 0 ? 'build' : 'deploy', 0.9), 'nothing')),
  )
  let turns = 0
  let turning: NodeJS.Immediate
  const turn = () => {
    turns++
    turning = setImmediate(turn)
  }
  turn()
  // As slow a machine as takes a tenth of a second for all of them.
  let time = 0
  const now = () => {
    time += 0.01
    return time
  }
  const began = cpuMs()
  const moves = await redecide(all, current, next, { now })
  clearImmediate(turning!)
  expect(cpuMs() - began).toBeLessThan(5_000)
  expect(turns).toBeGreaterThan(20)
  expect(moves).toMatchObject({ looked: 10_000, moved: 5_000, unsure: 0 })
  expect(moves.examples).toHaveLength(50)
  expect(moves.examples[0]).toEqual({
    questionHash: 'h',
    from: { task: 'build', expert: 'a' },
    to: { task: 'build', expert: 'b' },
  })
})

test('another allowed error moves what is no longer sure enough', async () => {
  const strict = { ...current, threshold: 0.95, version: 'strict' } as Snapshot
  const unsure = { ...nearest('build', 0.9), ranking: () => [{ task: 'build', confidence: 0.2 }] }
  const moves = await redecide([made(decide(current, unsure, 'nothing'))], current, strict)
  expect(moves.examples[0]).toMatchObject({ from: { task: 'build' }, to: { task: 'unknown', expert: 'u' } })
})

test('what the classifier said stands; what it was never asked nobody can know', async () => {
  const asking = snapshotOf({ build: order('b'), deploy: order('b') }, classified)
  const before = snapshotOf({ build: order('a'), deploy: order('a') }, classified)
  const all = [
    made(decide(before, nearest('build', 0.1), { task: 'deploy' })),
    made(decide(before, nearest('build', 0.1), 'in vain')),
    made(decide(before, nearest('build', 0.9), 'nothing')),
  ]
  expect(await redecide(all, before, asking)).toMatchObject({ looked: 3, moved: 3, unsure: 0 })
  const strict = { ...asking, threshold: 0.95 } as Snapshot
  expect(await redecide(all, before, strict)).toMatchObject({ looked: 2, moved: 2, unsure: 1 })
  const withoutBuild = snapshotOf({ build: order('a') }, classified)
  const [gone] = (await redecide(all.slice(0, 1), before, withoutBuild)).examples
  expect(gone).toMatchObject({ from: { task: 'deploy' }, to: { task: 'build' } })
})

test('who names a task or an expert goes there, or nowhere if it is gone', async () => {
  const next = snapshotOf({ build: order('b') })
  const all = [
    made(pinned(current, 'build', ['a', 'b'])),
    made(pinned(current, 'deploy', ['a', 'b'])),
    made(pinned(current, 'unknown', ['a'])),
  ]
  const { examples } = await redecide(all, current, next)
  expect(examples.map(({ to }) => to)).toEqual([
    { task: 'build', expert: 'b' },
    { task: 'deploy', expert: null },
    { task: 'unknown', expert: null },
  ])
})

test('on another context only what is known to the letter is asked again, as long as there is time', async () => {
  const next = snapshotOf({ build: order('a', 'b'), deploy: order('b', 'a') }, {}, 'c2')
  const decision = decide(current, nearest('build', 0.9), 'nothing')
  const all = [made(decision, 'how do I deploy'), made(decision), made(decision, 'another')]
  expect(await redecide(all, current, next)).toMatchObject({
    looked: 2,
    moved: 2,
    examples: [
      {
        question: 'how do I deploy',
        from: { task: 'build', expert: 'a' },
        to: { task: 'deploy', expert: 'b' },
      },
      { question: 'another' },
    ],
  })
  let time = 0
  const late = await redecide(all, current, next, { budgetMs: 100, now: () => (time += 60) })
  expect(late.looked).toBeLessThan(2)
})
