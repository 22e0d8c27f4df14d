import { createHash } from 'node:crypto'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Blend, createBlend } from './blend.ts'
import type { Trial } from './calibrate.ts'
import { DIMENSIONS, type Encoder, loadEncoder } from './encoder.ts'
import { buildIndex } from './index.ts'
import { buildLexical } from './lexical.ts'
import type { About, Nearest, Preparation } from './protocol.ts'
import { openVectors } from './vectors.ts'
import { vote } from './vote.ts'

export type Prepared = {
  readonly about: About
  readonly encoder: Encoder | undefined
  nearest(text: string): Promise<Nearest>
}

/** Vectors computed between two writes to disk: what an interruption costs at most. */
const BATCH = 64

/** Everything a worker needs before it can be asked: encoder, vectors, index, and how good the vote is. */
export const prepare = async (
  given: Preparation,
  progress: (done: number, total: number) => void,
): Promise<Prepared> => {
  const began = performance.now()
  const { encoder, problem } = await chooseEncoder(given)
  const { vectors, encoded } =
    encoder === undefined
      ? { vectors: new Float32Array(0), encoded: 0 }
      : await encodeAll(given, encoder, progress)
  const name = fingerprint(given, encoder)
  const index = encoder === undefined ? undefined : await buildIndex(vectors, given.dataPath, name)
  const blend = createBlend(vectors, index, buildLexical(given.texts))
  const trials = await remembered(given.dataPath, `trials-${name}.json`, () =>
    tryEveryExample(given, blend, vectors, encoder !== undefined),
  )
  return {
    encoder,
    about: {
      encoder: encoder === undefined ? 'lexical' : 'minilm',
      encoderProblem: problem,
      index: index?.kind ?? 'none',
      indexBecause: index?.because,
      examples: given.texts.length,
      encoded,
      preparedMs: performance.now() - began,
      trials,
    },
    async nearest(text) {
      const neighbours = blend.nearest(text, await encoder?.encode(text), given.k)
      return { neighbours, ranking: vote(neighbours.map(n => ({ ...n, task: given.tasks[n.row] ?? '' }))) }
    },
  }
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
  { texts, dataPath }: Preparation,
  encoder: Encoder,
  progress: (done: number, total: number) => void,
) => {
  const known = await openVectors(dataPath, encoder.id)
  const missing = [...new Set(texts)].filter(text => known.get(text) === undefined)
  for (let at = 0; at < missing.length; at += BATCH) {
    const batch: [string, Float32Array][] = []
    for (const text of missing.slice(at, at + BATCH)) batch.push([text, await encoder.encode(text)])
    await known.add(batch)
    progress(Math.min(at + BATCH, missing.length), missing.length)
  }
  const vectors = new Float32Array(texts.length * DIMENSIONS)
  texts.forEach((text, row) => {
    vectors.set(known.get(text) ?? [], row * DIMENSIONS)
  })
  return { vectors, encoded: missing.length }
}

/** Changes with anything that the index or the trials depend on. */
const fingerprint = (given: Preparation, encoder: Encoder | undefined): string => {
  const hash = createHash('sha256').update(JSON.stringify(['1', encoder?.id, given.k, given.tasks]))
  for (const text of given.texts) hash.update(`\0${text}`)
  return hash.digest('hex').slice(0, 16)
}

/** Each example is decided by the others: the measure of what the vote is worth on this context. */
const tryEveryExample = (given: Preparation, blend: Blend, vectors: Float32Array, dense: boolean): Trial[] =>
  given.texts.map((text, row) => {
    const vector = dense ? vectors.subarray(row * DIMENSIONS, (row + 1) * DIMENSIONS) : undefined
    const neighbours = blend.nearest(text, vector, given.k, row)
    const [best] = vote(neighbours.map(n => ({ ...n, task: given.tasks[n.row] ?? '' })))
    return { row, task: best?.task ?? '', confidence: best?.confidence ?? 0 }
  })

const remembered = async <T>(dataPath: string, name: string, compute: () => T): Promise<T> => {
  const path = join(dataPath, name)
  try {
    return JSON.parse(await readFile(path, 'utf8')) as T
  } catch {
    const value = compute()
    await mkdir(dataPath, { recursive: true })
      .then(() => writeFile(`${path}.${process.pid}`, JSON.stringify(value)))
      .then(() => rename(`${path}.${process.pid}`, path))
      .catch(() => undefined)
    return value
  }
}
