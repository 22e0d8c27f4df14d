import { believed, differenceOf } from './compare.ts'
import { type Evidence, evidenceOf } from './evidence.ts'
import { at } from './matrix.ts'
import { expectedExcess } from './normal.ts'
import { type Posterior, posteriorOf } from './posterior.ts'
import type { Outcomes } from './tally.ts'

export type Wanted = { readonly task: string; readonly expert: number; count: number }

export type Situation = {
  readonly tasks: readonly string[]
  readonly outcomes: Outcomes
  /** By expert and question: 1 where it was asked, answered or not. */
  readonly asked: readonly Uint8Array[]
  readonly calls: number
}

/** Questions that are planned together: one alone can hardly change anything. */
const BLOCK = 20
/** Variance of the difference of two answers to one question, about: two experts that differ in every third. */
const PAIRED = 0.3

/**
 * Where the next answers are worth most, by the knowledge gradient: how much better than today's leader of a task the
 * choice is expected to be once a block of questions more was put to it and to a rival. Rivals that are far behind, and
 * tasks that are settled, get nothing.
 */
export const worthOf = ({ tasks, outcomes, asked, calls }: Situation): Wanted[] => {
  const evidence = evidenceOf(tasks, outcomes)
  const posterior = posteriorOf(evidence, outcomes.length)
  const counts = countsOf(tasks, asked)
  const duels = evidence.flatMap((one, task) => duelsOf(one, posterior, task, counts))
  const wanted: Wanted[] = []
  let left = calls
  while (left > 0) {
    const best = duels.reduce((a, b) => (b.worth > a.worth ? b : a), nothing)
    if (!(best.worth > 0)) break
    left -= take(best, wanted)
    for (const duel of duels) if (duel.counts === best.counts) appraise(duel)
  }
  return wanted
}

type Duel = {
  readonly task: string
  readonly questions: number
  readonly leader: number
  readonly rival: number
  /** How far the leader is ahead, and how uncertain that is. */
  readonly lead: number
  variance: number
  /** Questions asked so far by expert, shared by all duels of a task. */
  readonly counts: Float64Array
  worth: number
}

const nothing: Duel = {
  task: '',
  questions: 0,
  leader: 0,
  rival: 0,
  lead: 0,
  variance: 0,
  counts: new Float64Array(0),
  worth: 0,
}

const countsOf = (tasks: readonly string[], asked: readonly Uint8Array[]): Map<string, Float64Array> => {
  const counts = new Map<string, Float64Array>()
  tasks.forEach((task, question) => {
    const mine = counts.get(task) ?? new Float64Array(asked.length)
    counts.set(task, mine)
    for (let e = 0; e < asked.length; e++) mine[e] = at(mine, e) + (asked[e]?.[question] ?? 0)
  })
  return counts
}

const duelsOf = (
  { tally: { task, questions } }: Evidence,
  posterior: Posterior,
  place: number,
  allCounts: ReadonlyMap<string, Float64Array>,
): Duel[] => {
  const accuracies = believed(posterior, place)
  const leader = accuracies.indexOf(Math.max(...accuracies))
  const counts = allCounts.get(task) ?? new Float64Array(accuracies.length)
  return Array.from(accuracies.keys())
    .filter(rival => rival !== leader)
    .map(rival => {
      const weights = new Map([[place, 1]])
      const { mean: lead, variance } = differenceOf(posterior, { expert: leader, than: rival, weights })
      return appraise({ task, questions, leader, rival, lead, variance, counts, worth: 0 })
    })
}

/** Both will have answered so many: who is behind catches up first. */
const target = ({ counts, leader, rival, questions }: Duel) =>
  Math.min(questions, Math.min(at(counts, leader), at(counts, rival)) + BLOCK)

const costOf = (duel: Duel): number =>
  [duel.leader, duel.rival].reduce((sum, e) => sum + Math.max(0, target(duel) - at(duel.counts, e)), 0)

const varianceAfter = (duel: Duel): number => {
  const more = target(duel) - Math.min(at(duel.counts, duel.leader), at(duel.counts, duel.rival))
  return 1 / (1 / duel.variance + more / PAIRED)
}

const appraise = (duel: Duel): Duel => {
  const cost = costOf(duel)
  const learned = Math.sqrt(Math.max(0, duel.variance - varianceAfter(duel)))
  duel.worth =
    cost === 0 || learned === 0 ? 0 : (duel.questions * learned * expectedExcess(duel.lead / learned)) / cost
  return duel
}

const take = (duel: Duel, wanted: Wanted[]): number => {
  const [until, cost] = [target(duel), costOf(duel)]
  duel.variance = varianceAfter(duel)
  for (const expert of [duel.leader, duel.rival]) {
    const count = until - at(duel.counts, expert)
    if (count <= 0) continue
    wanted.push({ task: duel.task, expert, count })
    duel.counts[expert] = until
  }
  return cost
}
