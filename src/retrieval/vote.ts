import {
  familiarityOf,
  type Judged,
  type Known,
  knownShare,
  type Probability,
  probabilityOf,
} from './calibrate.ts'
import { centre, centreAll, meanOf } from './centre.ts'
import { type Features, fitHead, type Head, scoresOf, scoresWithout, shuffled } from './head.ts'
import { count, featuresOf, rowAt, rowsOf, type Vocabulary, vocabularyOf } from './lexical.ts'
import { createSearch, type Neighbour, type Search } from './search.ts'
import type { Text } from './text.ts'

/** What the neighbours say, beside what the head says. */
const VOTE_WEIGHT = 0.45
/** How much more the nearest say than those a little further away. */
const SHARPNESS = 20
/** Parts of which each is judged by a head that has forgotten it. A large context spares a fifth for it. */
const foldsFor = (n: number) => (n > 2_000 ? 5 : 10)
/** More examples than these are not judged: enough for the calibration, and preparing stays quick. */
const JUDGED = 5_000
const NEAR = 32

export type Context = {
  readonly texts: readonly Text[]
  /** Each example's task, by its place in `tasks`. */
  readonly labels: Int32Array
  readonly tasks: readonly string[]
  /** Each example's vector as the encoder gave it, one after the other; empty without an encoder. */
  readonly vectors: Float32Array
  readonly dims: number
}

/** Examples near to a vector, by vectors alone. */
export type Near = (vector: Float32Array, count: number) => readonly number[]

/** A task and how probable it is that the question belongs to it. */
export type Ranked = { readonly task: string; readonly confidence: number }

export type Voted = {
  readonly neighbours: readonly Neighbour[]
  /** Every task, best first. */
  readonly ranking: readonly Ranked[]
  /** How far the best is ahead: what the threshold is compared with. */
  readonly margin: number
  /** Share of the context's own questions that are no more familiar: near 0 means like nothing known. */
  readonly known: number
}

/** Everything that can be computed once for a context. */
export type Voter = {
  readonly context: Context
  readonly features: Features
  readonly vocabulary: Vocabulary
  readonly mean: Float64Array
  readonly head: Head
  readonly search: Search
  readonly near: Near
}

export const prepareVoter = (context: Context, near: Near): Voter => {
  const { texts, labels, tasks, vectors, dims } = context
  const counted = texts.map(count)
  const vocabulary = vocabularyOf(counted)
  const mean = meanOf(vectors, texts.length, dims)
  const features: Features = {
    n: texts.length,
    dense: centreAll(vectors, mean),
    dims,
    rows: rowsOf(counted.map(one => featuresOf(one, vocabulary))),
    lexical: vocabulary.size,
  }
  const head = fitHead(features, labels, tasks.length)
  return { context, features, vocabulary, mean, head, search: createSearch(features), near }
}

/** Adds each task's share among the neighbours to its score. */
const addVote = (neighbours: readonly Neighbour[], labels: Int32Array, scores: Float64Array) => {
  const nearest = neighbours[0]?.similarity ?? 0
  const weights = neighbours.map(({ similarity }) => Math.exp(SHARPNESS * (similarity - nearest)))
  const sum = weights.reduce((total, weight) => total + weight, 0)
  neighbours.forEach(({ row }, i) => {
    scores[labels[row]!]! += (VOTE_WEIGHT * weights[i]!) / sum
  })
}

const leader = (scores: Float64Array, tasks: number) => {
  let task = 0
  let second = Number.NEGATIVE_INFINITY
  for (let t = 1; t < tasks; t++) {
    if (scores[t]! > scores[task]!) {
      second = scores[task]!
      task = t
    } else second = Math.max(second, scores[t]!)
  }
  return { task, margin: tasks > 1 ? scores[task]! - second : 0, score: scores[task]! }
}

export const castVote = (
  voter: Voter,
  { probability, known }: { probability: Probability; known: Known },
  text: Text,
  vector: Float32Array,
  k: number,
): Voted => {
  const { context, head, search, near, vocabulary, mean } = voter
  const words = featuresOf(count(text), vocabulary)
  const centred = new Float32Array(context.dims)
  centre(vector, mean, centred)
  const scores = new Float64Array(head.width)
  scoresOf(head, centred, 0, words.ids, words.values, 0, words.ids.length, scores)
  const byHead = leader(scores, context.tasks.length).score
  const neighbours = search.nearest(centred, words, near(vector, Math.max(NEAR, k)), k)
  addVote(neighbours, context.labels, scores)
  const { task, margin } = leader(scores, context.tasks.length)
  return {
    neighbours,
    ranking: rank(context.tasks, scores, task, probabilityOf(probability, margin), probability.b),
    margin,
    known: knownShare(known, familiarityOf(neighbours, byHead)),
  }
}

/** The best has its calibrated probability; the others share the rest by their scores. */
const rank = (
  tasks: readonly string[],
  scores: Float64Array,
  best: number,
  probability: number,
  slope: number,
): Ranked[] => {
  const weights = tasks.map((_, t) => (t === best ? 0 : Math.exp(slope * (scores[t]! - scores[best]!))))
  const sum = weights.reduce((total, weight) => total + weight, 0) || 1
  return tasks
    .map((task, t) => ({
      task,
      confidence: t === best ? probability : ((1 - probability) * weights[t]!) / sum,
    }))
    .sort((a, b) => (a.task === tasks[best] ? -1 : b.task === tasks[best] ? 1 : b.confidence - a.confidence))
}

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

/** Judges examples as if they were new: the head forgets their fold, the neighbours leave them out. */
export const judge = ({ context, features, head, search, near }: Voter, k: number): Judged[] => {
  const { labels, tasks, vectors, dims, texts } = context
  const { n } = features
  const groups = groupsOf(texts)
  const order = shuffled(n, 7)
  const all = foldsFor(n)
  const foldOf = Uint8Array.from(groups, group => order[group]! % all)
  const folds = Math.min(all, Math.max(1, Math.round((JUDGED * all) / n)))
  const byHead = new Float32Array(n * head.width)
  for (let fold = 0; fold < folds; fold++) scoresWithout(head, features, labels, foldOf, fold, byHead)
  const judged: Judged[] = []
  for (let row = 0; row < n; row++) {
    if (foldOf[row]! >= folds) continue
    const scores = Float64Array.from(byHead.subarray(row * head.width, (row + 1) * head.width))
    const { score } = leader(scores, tasks.length)
    const found = near(vectors.subarray(row * dims, (row + 1) * dims), Math.max(NEAR, k) + 1)
    const vector = features.dense.subarray(row * dims, (row + 1) * dims)
    const neighbours = search.nearest(
      vector,
      rowAt(features.rows, row),
      found,
      k,
      other => groups[other] === groups[row],
    )
    addVote(neighbours, labels, scores)
    const { task, margin } = leader(scores, tasks.length)
    judged.push({
      row,
      task: tasks[task]!,
      right: task === labels[row],
      margin,
      familiarity: familiarityOf(neighbours, score),
    })
  }
  return judged
}
