import { createHash } from 'node:crypto'
import { findBefore, keysOf } from './before.ts'
import { encodeMany } from './encode-many.ts'
import { DIMENSIONS, type Encoder, loadEncoder } from './encoder.ts'
import { asCompared, essenceOf } from './essence.ts'
import { beginIndex, type Index } from './index.ts'
import { openKept } from './kept.ts'
import type { About, Enough, Found, Preparation } from './protocol.ts'
import { sharedBytes } from './shared.ts'
import { createNearest, judgedBy, stagesOf } from './stages.ts'
import { encodeExpected, openStored, type Stored } from './stored.ts'
import { asText, forEncoder } from './text.ts'
import type { Context, Near } from './vote.ts'

export type Prepared = {
  readonly about: About
  readonly encoder: Encoder | undefined
  nearest(text: string, enough?: Enough): Promise<Found>
}

/** Everything a worker needs before it can be asked: encoder, vectors, index, and how good the vote is. */
export const prepare = async (
  asGiven: Preparation,
  progress: (done: number, total: number) => void,
): Promise<Prepared> => {
  const given = essences(asGiven)
  const began = performance.now()
  const { encoder, problem } = await chooseEncoder(given)
  const kept = openKept(given.dataPath)
  const stored = encoder && (await openStored(given, kept, encoder.id))
  const { vectors, encoded } =
    encoder === undefined || stored === undefined
      ? { vectors: new Float32Array(0), encoded: 0 }
      : await encodeAll(given, encoder, stored, progress)
  const kind = kindOf(given, encoder)
  const keys = keysOf(given)
  const name = `${kind}-${digest(keys)}`
  // Begun and not waited for: what the heads are fitted from is counted meanwhile.
  const opening =
    encoder &&
    (await beginIndex(vectors.subarray(0, given.texts.length * DIMENSIONS), kept, indexName(given, encoder)))
  let index: Index | undefined
  const near: Near = (vector, count) => index?.nearest(vector, count).map(hit => hit.row) ?? []
  const context = contextOf(given, vectors)
  const known = { kept, name, before: await findBefore(kept, { kind, name }, keys) }
  const stages = await stagesOf(context, near, known)
  index = await opening?.index
  const judged = await judgedBy(stages, known, { keys, k: given.k })
  const about: About = {
    encoder: encoder === undefined ? 'lexical' : 'minilm',
    encoderProblem: problem,
    index: index?.kind ?? 'none',
    indexBecause: index?.because,
    dataProblem: kept.problem(),
    examples: given.texts.length,
    tasks: context.tasks,
    encoded,
    preparedMs: performance.now() - began,
    judged,
  }
  const expected = encoder && stored ? await encodeExpected(given, encoder, stored, progress) : undefined
  return {
    encoder,
    about,
    nearest: createNearest(
      stages,
      judged,
      given.k,
      encoder && (async text => expected?.get(text) ?? (await encoder.encode(text))),
    ),
  }
}

/** Examples are read as questions are. */
const essences = (given: Preparation): Preparation => ({
  ...given,
  texts: given.texts.map(asCompared),
  ...(given.expected && { expected: given.expected.map(asked => forEncoder(asText(essenceOf(asked)))) }),
})

const contextOf = ({ texts, keywords, tasks: given }: Preparation, vectors: Float32Array): Context => {
  const taskOf = [...given, ...keywords.map(({ task }) => task)]
  const tasks = [...new Set(taskOf)].sort()
  const labels = Int32Array.from(taskOf, task => tasks.indexOf(task))
  const dims = vectors.length === 0 ? 0 : DIMENSIONS
  return { texts, keywords: keywords.map(({ text }) => text), tasks, labels, vectors, dims }
}

const chooseEncoder = async (given: Preparation) => {
  if (given.encoder === 'lexical') return { encoder: undefined, problem: undefined }
  try {
    return { encoder: await loadEncoder(given.modelsPath), problem: undefined }
  } catch (error) {
    const problem = `MiniLM cannot be loaded from ${given.modelsPath}: ${error instanceof Error ? error.message : error}`
    if (given.encoder === 'minilm') throw new Error(problem)
    return { encoder: undefined, problem }
  }
}

const encodeAll = async (
  { texts: given, keywords, modelsPath }: Preparation,
  encoder: Encoder,
  stored: Stored,
  progress: (done: number, total: number) => void,
) => {
  const texts = [...given.map(forEncoder), ...keywords.map(({ text }) => text)]
  const missing = [...new Set(texts)].filter(text => stored.find(text) === undefined)
  await encodeMany(missing, encoder, modelsPath, async (batch, done) => {
    await stored.examples.add(batch)
    progress(done, missing.length)
  })
  const vectors = new Float32Array(sharedBytes(4 * texts.length * DIMENSIONS))
  texts.forEach((text, row) => {
    vectors.set(stored.find(text) ?? [], row * DIMENSIONS)
  })
  return { vectors, encoded: missing.length }
}

const digest = (...of: readonly unknown[]): string =>
  createHash('sha256').update(JSON.stringify(of)).digest('hex').slice(0, 16)

/** What all examples must have in common with those before, for anything that was found out about them to hold. */
const kindOf = ({ k, tasks, keywords }: Preparation, encoder: Encoder | undefined): string =>
  digest('10', encoder?.id, k, [...new Set(tasks)].sort(), keywords)

/** Tasks and keywords move no vector: the index stays as it is. */
const indexName = ({ texts }: Preparation, encoder: Encoder): string => digest('2', encoder.id, texts)
