import { aside, worthAThread } from './aside.ts'
import type { Before } from './before.ts'
import { familiarityOf, type Judged } from './calibrate.ts'
import { type Features, type Head, scoresWithout, shuffled } from './head.ts'
import { rowAt } from './lexical.ts'
import type { Neighbour } from './search.ts'
import type { Text } from './text.ts'
import { addVote, leader, NEAR, type Voter } from './vote.ts'

/** Parts of which each is judged by a head that has forgotten it. A large context spares a fifth for it. */
const foldsFor = (n: number) => (n > 2_000 ? 5 : 10)
/** More examples than these are not judged: enough for the calibration, and preparing stays quick. */
const JUDGED = 5_000

/** The same text, said twice, is one group: it stays in one fold and never finds itself. */
const groupsOf = (texts: readonly Text[]): Int32Array => {
  const seen = new Map<string, number>()
  return Int32Array.from(texts, ({ question, options }) => {
    const key = JSON.stringify([question, options]).toLowerCase().replace(/\s+/g, ' ')
    const group = seen.get(key) ?? seen.size
    seen.set(key, group)
    return group
  })
}

/** Which rows are judged, in ascending order, and by the head that has forgotten which fold. */
type Plan = {
  readonly groups: Int32Array
  readonly foldOf: Uint8Array
  readonly folds: number
  readonly rows: readonly number[]
}

const planFor = (texts: readonly Text[]): Plan => {
  const n = texts.length
  const groups = groupsOf(texts)
  const order = shuffled(n, 7)
  const all = foldsFor(n)
  const foldOf = Uint8Array.from(groups, group => order[group]! % all)
  const folds = Math.min(all, Math.max(1, Math.round((JUDGED * all) / n)))
  const rows = Array.from(texts.keys()).filter(row => foldOf[row]! < folds)
  return { groups, foldOf, folds, rows }
}

/** Those that are new, which are forgotten together, and with them what says the same. */
const planOfNew = (texts: readonly Text[], { rowOf }: Before): Plan => {
  const groups = groupsOf(texts)
  const rows = Array.from(texts.keys()).filter(row => rowOf[row]! < 0)
  const forgotten = new Set(rows.map(row => groups[row]))
  return { groups, foldOf: Uint8Array.from(groups, group => (forgotten.has(group) ? 0 : 1)), folds: 1, rows }
}

/** What a head must forget, part after part: all that its scores of these parts depend on. */
export type Forgetting = {
  readonly head: Head
  readonly features: Features
  readonly labels: Int32Array
  readonly foldOf: Uint8Array
  readonly folds: number
  /** How often the others are gone over without it; as often as it takes by itself. */
  readonly rounds?: number
}

/** Each judged row's scores, by a head that has forgotten its fold. */
export const forget = ({ head, features, labels, foldOf, folds, rounds }: Forgetting): Float32Array => {
  const scores = new Float32Array(features.n * head.width)
  // Keywords are in no fold: the head never forgets them.
  for (let fold = 0; fold < folds; fold++) scoresWithout(head, features, labels, foldOf, fold, scores, rounds)
  return scores
}

const forgetAside = (given: Forgetting) =>
  worthAThread(given.features.n) ? aside('aside-judge', given).catch(() => forget(given)) : forget(given)

/** Judges examples as if they were new: the head forgets their fold, the neighbours leave them out. */
export const judge = async (voter: Voter, k: number, before?: Before): Promise<Judged[]> => {
  const [judged = []] = await judgeAll([voter], k, before)
  return withThose(before, judged)
}

/** The same examples by both votes; the second sees their words alone, where they have vectors too. */
export const judgeBoth = async (
  whole: Voter,
  words: Voter | undefined,
  k: number,
  before?: Before,
): Promise<Judged[]> => {
  if (words === undefined) return judge(whole, k, before)
  const [judged = [], judgedByWords = []] = await judgeAll([whole, words], k, before)
  const both = judged.map((one, i) => {
    const { row: _, ...byWords } = judgedByWords[i]!
    return { ...one, words: byWords }
  })
  return withThose(before, both)
}

const withThose = (before: Before | undefined, judged: Judged[]) =>
  before === undefined ? judged : [...before.judged, ...judged].sort((a, b) => a.row - b.row)

/** By several votes on the same examples, who are looked for by their words once. */
const judgeAll = async (
  voters: readonly [Voter, ...Voter[]],
  k: number,
  before: Before | undefined,
): Promise<Judged[][]> => {
  const { texts, labels } = voters[0].context
  const { groups, foldOf, folds, rows } = before ? planOfNew(texts, before) : planFor(texts)
  // One round takes back what a few that are new did to the others; with none they would look worse than they are.
  const rounds = before && { rounds: 1 }
  // Begun first: where it is done beside this thread, the search goes on meanwhile.
  const forgetting = voters.map(({ head, features }) =>
    forgetAside({ head, features, labels, foldOf, folds, ...rounds }),
  )
  const found = rows.map(row => leftOut(voters, row, k, groups))
  const scores = await Promise.all(forgetting)
  return voters.map((voter, v) =>
    rows.map((row, i) => judgement(voter, { row, scores: scores[v]!, neighbours: found[i]![v]! })),
  )
}

type Seen = {
  readonly row: number
  /** Of every row, by heads that have forgotten it. */
  readonly scores: Float32Array
  readonly neighbours: readonly Neighbour[]
}

const judgement = ({ context, head }: Voter, { row, scores: all, neighbours }: Seen): Judged => {
  const { labels, tasks } = context
  const scores = Float64Array.from(all.subarray(row * head.width, (row + 1) * head.width))
  const { score } = leader(scores, tasks.length)
  addVote(neighbours, context, scores)
  const { task, margin } = leader(scores, tasks.length)
  const right = task === labels[row]
  return { row, task: tasks[task]!, right, margin, familiarity: familiarityOf(neighbours, score) }
}

/** The nearest of one of the examples, without itself and its copies; by each vote. */
const leftOut = (
  voters: readonly [Voter, ...Voter[]],
  row: number,
  k: number,
  groups: Int32Array,
): Neighbour[][] => {
  const words = rowAt(voters[0].features.rows, row)
  const alike = voters[0].search.byWords(words)
  const isSame = (other: number) => groups[other] === groups[row]
  return voters.map(({ context: { vectors, dims }, features, search, near }) => {
    const [from, to] = [row * dims, (row + 1) * dims]
    const candidates = [...alike, ...near(vectors.subarray(from, to), Math.max(NEAR, k) + 1)]
    return search.nearest(features.dense.subarray(from, to), words, candidates, k, isSame)
  })
}
