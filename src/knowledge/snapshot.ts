import type { Retriever } from '../retrieval/retriever.ts'
import type { Example, Keyword } from './context.ts'
import type { Problem } from './problem.ts'
import type { PromptTemplate } from './prompt.ts'
import type { TaskMap } from './task-map.ts'

/** One frozen set of everything that must agree for a decision; replaced as a whole. */
export type Snapshot = Readonly<{
  /** A short hash of the content: the same files give the same version on every replica. */
  version: string
  map: TaskMap
  /** The map as it was written, comments and all. May hold secrets: it leaves the process only masked. */
  text: string
  examples: readonly Example[]
  keywords: readonly Keyword[]
  /** A short hash of all that the neighbours depend on: alike where only the map was changed. */
  context: string
  /** The classifier's. */
  prompt: PromptTemplate
  retriever: Retriever
  /** From this margin on the neighbours alone may decide; undefined when nothing can be promised. */
  threshold: number | undefined
  /** From this margin by words alone they decide without the encoder; undefined where they never do. */
  wordsThreshold: number | undefined
  warnings: readonly Problem[]
  /** Files it was read from, to be watched. */
  files: readonly string[]
}>
