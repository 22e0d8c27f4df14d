import { afterEach, expect, test, vi } from 'vitest'
import { correctionsTogether } from '../../src/observe/corrections.ts'
import { createDecisions, type Wanted } from '../../src/observe/decisions.ts'
import { createExpertFigures } from '../../src/observe/expert-figures.ts'
import { opinionsTogether } from '../../src/observe/opinions.ts'
import { decisionsOfAll, lean, seqAfter } from '../../src/processes/all-decisions.ts'
import { faresOfAll, reported } from '../../src/processes/all-figures.ts'
import type { Siblings } from '../../src/processes/member.ts'
import type { Account } from '../../src/routing/events.ts'

afterEach(() => void vi.useRealTimers())

const account = (requestId: string) =>
  ({
    requestId,
    decision: { task: 'build', nearest: { neighbours: () => [{ row: 1 }], margin: 1 } },
    question: 'why',
    tried: [],
    ms: 1,
  }) as unknown as Account

/** Two processes of which the first may ask the second. */
const two = (now: () => number) => {
  const [own, other] = [1, 2].map(number =>
    createDecisions({ withQuestions: false, now, seqAfter: seqAfter({ number }) }),
  ) as [ReturnType<typeof createDecisions>, ReturnType<typeof createDecisions>]
  const ask = (async (_: string, wanted: Wanted) => [
    lean(other.latest(wanted)),
  ]) as unknown as Siblings['ask']
  return { own, other, ask, all: decisionsOfAll({ ask }, own) }
}

test('decisions of several processes are paged through as those of one, newest first and none twice', async () => {
  let time = 1_800_000_000_000
  const { own, other, all } = two(() => time)
  for (let i = 0; i < 40; i++) {
    if (i % 4 > 0) time++
    ;(i % 3 === 0 ? own : other).answered(account(`r${i}`))
  }
  const seen: string[] = []
  const seqs: number[] = []
  for (let before: number | undefined; ; ) {
    const page = await all.latest({ limit: 7, before })
    seen.push(...page.decisions.map(({ requestId }) => requestId))
    seqs.push(...page.decisions.map(({ seq }) => seq))
    before = page.next
    if (before === undefined) break
  }
  expect(new Set(seen).size).toBe(40)
  expect(seen).toHaveLength(40)
  expect(seqs).toEqual(seqs.toSorted((a, b) => b - a))
  expect(seqs.every(Number.isSafeInteger)).toBe(true)
  const { decisions } = await all.latest({ limit: 40 })
  expect(JSON.stringify(decisions.filter(({ requestId }) => requestId === 'r1'))).not.toContain('nearest')
})

test('who listens hears of every process once, and of nothing from before', async () => {
  // A moment whose numbers begin before it.
  vi.useFakeTimers({ now: 1_800_000_000_001 })
  const { own, other, all } = two(Date.now)
  other.answered(account('before'))
  await vi.advanceTimersByTimeAsync(5)
  const heard: string[] = []
  const stop = all.listen(({ requestId }) => heard.push(requestId))
  own.answered(account('own'))
  for (let i = 0; i < 10; i++) {
    other.answered(account(`other-${i}`))
    await vi.advanceTimersByTimeAsync(130)
  }
  await vi.advanceTimersByTimeAsync(2_000)
  expect(heard).toEqual(['own', ...Array.from({ length: 10 }, (_, i) => `other-${i}`)])
  stop()
  other.answered(account('later'))
  await vi.advanceTimersByTimeAsync(1_000)
  expect(heard).toHaveLength(11)
})

test('of an expert runs, answers and waits of all processes add up, and the worst breaker is told', async () => {
  const process = (breaker: 'closed' | 'open', waits: readonly number[]) => {
    const figures = createExpertFigures()
    for (const ms of waits) figures.events.expertAnswered('a', ms)
    const about = { kind: 'runbook' } as const
    const report = () => [{ id: 'a', about, breaker, inFlight: 2, queued: 1, draining: false }]
    return { figures, registry: { report } as never }
  }
  const own = process('closed', [10, 10, 10])
  const ask = (async () => [reported(process('open', [1_000]))]) as unknown as Siblings['ask']
  const [fares] = await faresOfAll({ ask }, own)()
  expect(fares).toMatchObject({ id: 'a', breaker: 'open', inFlight: 4, queued: 2, answered: 4 })
  expect(fares?.p50Ms).toBeLessThan(20)
  expect(fares?.p95Ms).toBeGreaterThan(900)
  expect(fares).not.toHaveProperty('minutes')
})

test('opinions add up, and of a request that several processes know the last word counts', () => {
  const opinion = { expert: 'a', task: 'build', good: 1, bad: 1, mean: 0.5, n: 2 }
  expect(opinionsTogether([[opinion], [{ ...opinion, bad: 0, mean: 1, n: 1 }]])).toEqual([
    { expert: 'a', task: 'build', good: 2, bad: 1, mean: 0.6667, n: 3 },
  ])
  const correction = { requestId: 'r', expert: 'a', from: 'build', to: 'test', score: 0, questionHash: 'x' }
  const later = { ...correction, at: '2026-01-02T00:00:00Z', to: 'deploy' }
  expect(correctionsTogether([[later], [{ ...correction, at: '2026-01-01T00:00:00Z' }]])).toEqual([later])
})
