import { join } from 'node:path'
import { encodeMany } from './encode-many.ts'
import type { Encoder } from './encoder.ts'
import { type Kept, openKept } from './kept.ts'
import type { Preparation } from './protocol.ts'
import { openVectors, readVectors, type Vectors } from './vectors.ts'

/** Vectors on disk: those of examples, those that came with the weights, and apart from them those of measured questions. */
export type Stored = {
  readonly examples: Vectors
  readonly measured: Vectors | undefined
  find(text: string): Float32Array | undefined
}

/** Serving never reads what only measuring asked: it would make each start slower. */
export const openStored = async (
  { dataPath, modelsPath, expected }: Preparation,
  kept: Kept,
  encoderId: string,
): Promise<Stored> => {
  const examples = await openVectors(kept, encoderId)
  const measured = expected && (await openVectors(openKept(join(dataPath, 'measured')), encoderId))
  const shipped = await readVectors(modelsPath, encoderId)
  const find = (text: string) => examples.get(text) ?? shipped.get(text) ?? measured?.get(text)
  return { examples, measured, find }
}

/** The vectors of questions that will be asked, by their text. */
export const encodeExpected = async (
  { expected, modelsPath }: Preparation,
  encoder: Encoder,
  { measured, find }: Stored,
  progress: (done: number, total: number) => void,
): Promise<ReadonlyMap<string, Float32Array> | undefined> => {
  if (expected === undefined || measured === undefined) return undefined
  const texts = [...new Set(expected)]
  const missing = texts.filter(text => find(text) === undefined)
  await encodeMany(missing, encoder, modelsPath, async (batch, done) => {
    await measured.add(batch)
    progress(done, missing.length)
  })
  const vectors = new Map<string, Float32Array>()
  for (const text of texts) {
    const vector = find(text)
    if (vector !== undefined) vectors.set(text, vector)
  }
  return vectors
}
