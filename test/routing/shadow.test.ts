import { expect, test } from 'vitest'
import type { Live } from '../../src/knowledge/live.ts'
import type { Snapshot } from '../../src/knowledge/snapshot.ts'
import type { Nearest } from '../../src/retrieval/protocol.ts'
import { createDifferences } from '../../src/routing/candidate/differences.ts'
import { createShadow, type Seen } from '../../src/routing/candidate/shadow.ts'
import { createSide } from '../../src/routing/candidate/sides.ts'
import type { Account } from '../../src/routing/events.ts'
import type { Serving } from '../../src/routing/serving.ts'

const nearest: Nearest = {
  neighbours: () => [],
  ranking: () => [{ task: 'build', confidence: 0.9 }],
  margin: 1,
  known: 1,
}

/** As much of a snapshot as the shadow reads, and a retriever whose queue is the test's. */
const snapshotOf = (version: string, state: { queued: number; asked: number; fails: boolean }): Snapshot => {
  const retriever = {
    queued: () => state.queued,
    nearest: async () => {
      state.asked++
      if (state.fails) throw new Error('no worker')
      return nearest
    },
  }
  const map = {
    tasks: new Map([['build', { id: 'build', experts: ['a'] }]]),
    experts: new Map([['a', { builtin: 'runbook' }]]),
    ranking: new Map(),
    scores: new Map(),
    choose: { by: 'accuracy', within: 1 },
  }
  // Only what deciding reads of it: the rest would be noise here.
  return { version, retriever, map, examples: [], threshold: 0.1 } as unknown as Snapshot
}

const liveOf = (serving: Serving): Live<Serving> => ({
  current: () => serving,
  hold: () => ({ value: serving, release: () => undefined }),
  use: async work => await work(serving),
  replace: async () => ({ value: serving, replaced: false }),
  close: async () => undefined,
})

const shadowOf = (state: { queued: number; asked: number; fails: boolean }) => {
  const differences = createDifferences()
  const crew = { experts: new Map(), classifier: undefined, release: () => undefined }
  const serving = { snapshot: snapshotOf('candidate', state), crew, release: () => undefined }
  const shadow = createShadow({
    live: liveOf(serving),
    differences: () => differences,
    classifier: () => false,
    withQuestions: false,
    limit: 5,
  })
  return { shadow, report: differences.report }
}

const seen = (number: number, served: Snapshot): Seen => ({
  requestId: String(number),
  question: { text: `question ${number}`, target: { kind: 'auto' }, hop: 1 },
  questionHash: `hash ${number}`,
  snapshot: served,
  decision: {
    ...{ task: 'build', experts: ['a'], decidedBy: 'neighbours', confidence: 0.9 },
    ...{ nearest, snapshot: 'served', context: 'c' },
  },
})

test('the shadow stands back while clients wait, drops what is more than it can hold, and looks when it is quiet', async () => {
  const candidate = { queued: 0, asked: 0, fails: false }
  const served = { queued: 1, asked: 0, fails: false }
  const { shadow, report } = shadowOf(candidate)
  const snapshot = snapshotOf('served', served)
  for (let i = 0; i < 20; i++) shadow.see(seen(i, snapshot))
  expect(report()).toMatchObject({ seen: 0, notSeen: 14 })
  await new Promise(resolve => setTimeout(resolve, 50))
  expect(candidate.asked).toBe(0)
  served.queued = 0
  await expect.poll(() => report().seen).toBe(6)
  expect(report()).toMatchObject({ same: 6, moved: 0, notSeen: 14 })
  expect([candidate.asked, served.asked]).toEqual([6, 0])
  shadow.close()
})

test('a question whose neighbours are not found is not seen, rather than moved', async () => {
  const state = { queued: 0, asked: 0, fails: true }
  const { shadow, report } = shadowOf(state)
  shadow.see(seen(0, snapshotOf('served', state)))
  await expect.poll(() => report().notSeen).toBe(1)
  state.fails = false
  shadow.see(seen(1, snapshotOf('served', state)))
  await expect.poll(() => report().seen).toBe(1)
  expect(report()).toMatchObject({ moved: 0, notSeen: 1 })
})

test('with the same examples nothing is searched a second time', async () => {
  const state = { queued: 1, asked: 0, fails: false }
  const differences = createDifferences()
  const snapshot = snapshotOf('candidate', state)
  const crew = { experts: new Map(), classifier: undefined, release: () => undefined }
  const shadow = createShadow({
    live: liveOf({ snapshot, crew, release: () => undefined }),
    differences: () => differences,
    classifier: () => false,
    withQuestions: false,
  })
  shadow.see(seen(0, { ...snapshot, version: 'served' }))
  await expect.poll(() => differences.report().seen).toBe(1)
  expect(state.asked).toBe(0)
})

test('however much moves, fifty examples and five hundred kinds of move are kept', () => {
  const differences = createDifferences()
  for (let i = 0; i < 2_000; i++) {
    const [from, to] = [
      { task: `t${i}`, expert: 'a' },
      { task: 'build', expert: 'a' },
    ]
    differences.add({ at: i, requestId: `${i}`, from, to, needsClassifier: false, about: { question: 'q' } })
  }
  const { byMove, otherMoves, examples, moved } = differences.report()
  expect([byMove.length, otherMoves, examples.length, moved]).toEqual([500, 1_500, 50, 2_000])
  expect(examples[0]).toMatchObject({ requestId: '1999' })
})

test('an answer counts as what became of it: a client that left is nobody’s failure, a stream that broke is one', () => {
  const side = createSide()
  const account = (status: number, outcome?: Account['outcome']) =>
    side.add({ status, outcome, ms: 10 } as Account)
  for (const status of [200, 400, 404, 429, 499, 502, 503]) account(status)
  account(200, 'complete')
  account(200, 'truncated')
  account(200, 'left')
  expect(side.report()).toEqual({ answers: 2, failures: 3, refused: 3, p50Ms: 10, p95Ms: 10 })
})
