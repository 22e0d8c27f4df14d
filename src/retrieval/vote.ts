import { familiarityOf, type Known, knownShare, type Probability, probabilityOf } from './calibrate.ts'
import { centre, centreAll, meanOf } from './centre.ts'
import { type Features, fitHead, type Head, scoresOf } from './head.ts'
import { featuresOf, rowsOf, type Sparse, type Vocabulary, vocabularyOf } from './lexical.ts'
import { createSearch, type Neighbour, type Search } from './search.ts'
import { count } from './tally.ts'
import type { Text } from './text.ts'

/** What the neighbours say, beside what the head says; half of it where a task has HALF_AT examples. */
const VOTE_WEIGHT = 0.45
const HALF_AT = 40
/** How much more the nearest say than those a little further away. */
const SHARPNESS = 20
/** Candidates by vectors alone. */
export const NEAR = 32

export type Context = {
  /** The examples'. */
  readonly texts: readonly Text[]
  /** Teach the head what marks a task, and are nobody's neighbours. */
  readonly keywords: readonly string[]
  /** Each text's task, by its place in `tasks`: the examples', then the keywords'. */
  readonly labels: Int32Array
  readonly tasks: readonly string[]
  /** Each text's vector as the encoder gave it, one after the other; empty without an encoder. */
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

type Represented = {
  readonly features: Features
  readonly vocabulary: Vocabulary
  readonly mean: Float64Array
}

/** Everything that can be computed once for a context. */
export type Voter = Represented & {
  readonly context: Context
  readonly head: Head
  readonly search: Search
  readonly near: Near
}

/** A context's texts as numbers: all that the head is fitted from. */
export const represent = ({ texts, keywords, vectors, dims }: Context): Represented => {
  const counted = [...texts, ...keywords.map(question => ({ question }))].map(count)
  const vocabulary = vocabularyOf(counted)
  const mean = meanOf(vectors, counted.length, dims)
  const features: Features = {
    n: counted.length,
    dense: centreAll(vectors, mean),
    dims,
    rows: rowsOf(counted.map(one => featuresOf(one, vocabulary))),
    lexical: vocabulary.size,
  }
  return { features, vocabulary, mean }
}

export const voterOf = (context: Context, represented: Represented, head: Head, near: Near): Voter => ({
  context,
  ...represented,
  head,
  search: createSearch(represented.features, context.texts.length),
  near,
})

export const NO_VECTOR = new Float32Array(0)

/** The same examples without their vectors: what a head that was fitted to words alone votes with. */
export const withoutVectors = ({ features, context }: Pick<Voter, 'features' | 'context'>) => ({
  features: { ...features, dense: NO_VECTOR, dims: 0 },
  context: { ...context, vectors: NO_VECTOR, dims: 0 },
  mean: new Float64Array(0),
  near: () => [],
})

export const prepareVoter = (context: Context, near: Near): Voter => {
  const represented = represent(context)
  const head = fitHead(represented.features, context.labels, context.tasks.length)
  return voterOf(context, represented, head, near)
}

/** Adds each task's share among the neighbours to its score. Where examples are few, the nearest is not near. */
export const addVote = (
  neighbours: readonly Neighbour[],
  { texts, labels, tasks }: Context,
  scores: Float64Array,
) => {
  const aTask = texts.length / tasks.length
  const weight = (VOTE_WEIGHT * aTask) / (aTask + HALF_AT)
  const nearest = neighbours[0]?.similarity ?? 0
  const weights = neighbours.map(({ similarity }) => Math.exp(SHARPNESS * (similarity - nearest)))
  const sum = weights.reduce((total, weight) => total + weight, 0)
  neighbours.forEach(({ row }, i) => {
    scores[labels[row]!]! += (weight * weights[i]!) / sum
  })
}

export const leader = (scores: Float64Array, tasks: number) => {
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

/** A question's words, and the examples that share them: the same with a vector and without. */
export type Words = { readonly features: Sparse; readonly alike: readonly number[] }

export const wordsOf = ({ search, vocabulary }: Voter, text: Text): Words => {
  const features = featuresOf(count(text), vocabulary)
  return { features, alike: search.byWords(features) }
}

export type Calibration = { readonly probability: Probability; readonly known: Known }

export const castVote = (
  voter: Voter,
  { probability, known }: Calibration,
  { features: words, alike }: Words,
  vector: Float32Array,
  k: number,
): Voted => {
  const { context, head, search, near, mean } = voter
  const centred = new Float32Array(context.dims)
  centre(vector, mean, centred)
  const scores = new Float64Array(head.width)
  scoresOf(head, centred, 0, words.ids, words.values, 0, words.ids.length, scores)
  const byHead = leader(scores, context.tasks.length).score
  const neighbours = search.nearest(centred, words, [...alike, ...near(vector, Math.max(NEAR, k))], k)
  addVote(neighbours, context, scores)
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
