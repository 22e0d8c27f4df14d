import type { Judged } from './calibrate.ts'
import type { Neighbour } from './search.ts'
import type { Text } from './text.ts'
import type { Ranked, Voted } from './vote.ts'

/** What a worker is given when it starts. Texts and tasks are by row. */
export type Preparation = {
  readonly texts: readonly Text[]
  readonly tasks: readonly string[]
  /** Words and phrases that mark a task. */
  readonly keywords: readonly { readonly task: string; readonly text: string }[]
  readonly k: number
  readonly encoder: 'auto' | 'minilm' | 'lexical'
  readonly modelsPath: string
  readonly dataPath: string
  /** Questions known beforehand, when measuring: their vectors are made on all cores and kept apart from the examples'. */
  readonly expected?: readonly string[]
}

/** What the vote by words must reach to be enough: margin and `known`. */
export type Enough = { readonly margin: number; readonly known: number }

/** What a worker found. */
export type Found = Voted & {
  /** By words alone: they were enough, and nothing was encoded. */
  readonly byWords?: true | undefined
  /** What the question cost inside the worker. */
  readonly tookMs?: { readonly encode: number; readonly search: number }
}

/** The same outside of it. The lists are made when they are asked for: of most questions nobody does. */
export type Nearest = Omit<Found, 'neighbours' | 'ranking'> & {
  readonly neighbours: () => readonly Neighbour[]
  readonly ranking: () => readonly Ranked[]
}

export type About = {
  readonly encoder: 'minilm' | 'lexical'
  /** Why the encoder is not the one that was wished for. */
  readonly encoderProblem: string | undefined
  readonly index: 'hnsw' | 'exact' | 'none'
  readonly indexBecause: string | undefined
  /** Why what was computed is not kept for the next start. */
  readonly dataProblem: string | undefined
  readonly examples: number
  /** The tasks of all texts, in the order by which the worker's answers number them. */
  readonly tasks: readonly string[]
  /** Examples whose vector was not known yet. */
  readonly encoded: number
  readonly preparedMs: number
  /** Examples decided as if they were new: what the vote is worth on this context. */
  readonly judged: readonly Judged[]
}

export type Asked =
  /** Without `enough` the text is encoded whatever its words say. */
  | { readonly kind: 'nearest'; readonly text: string; readonly enough?: Enough | undefined }
  | { readonly kind: 'embed'; readonly text: string }

export type Request = Asked & { readonly id: number }

export type Message =
  | { readonly kind: 'progress'; readonly done: number; readonly total: number }
  | { readonly kind: 'ready'; readonly about: About }
  | { readonly kind: 'failed'; readonly message: string }
  | { readonly kind: 'nearest'; readonly id: number; readonly packed: Float64Array }
  | { readonly kind: 'embedded'; readonly id: number; readonly vector: Float32Array }
  | { readonly kind: 'refused'; readonly id: number; readonly message: string }
