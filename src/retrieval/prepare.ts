import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fitKnown, fitProbability, type Judged } from './calibrate.ts'
import { encodeMany } from './encode-many.ts'
import { DIMENSIONS, type Encoder, loadEncoder } from './encoder.ts'
import { buildIndex, type Index } from './index.ts'
import { isJudgementOf, judge } from './judge.ts'
import { type Kept, openKept } from './kept.ts'
import type { About, Nearest, Preparation } from './protocol.ts'
import { asAsked } from './text.ts'
import { openVectors } from './vectors.ts'
import { castVote, prepareVoter, type Voter } from './vote.ts'

export type Prepared = {
  readonly about: About
  readonly encoder: Encoder | undefined
  nearest(text: string): Promise<Nearest>
}

/** Everything a worker needs before it can be asked: encoder, vectors, index, and how good the vote is. */
export const prepare = async (
  given: Preparation,
  progress: (done: number, total: number) => void,
): Promise<Prepared> => {
  const began = performance.now()
  const { encoder, problem } = await chooseEncoder(given)
  const kept = openKept(given.dataPath)
  const { vectors, encoded } =
    encoder === undefined
      ? { vectors: new Float32Array(0), encoded: 0 }
      : await encodeAll(given, kept, encoder, progress)
  const name = fingerprint(given, encoder)
  const index = encoder === undefined ? undefined : await buildIndex(vectors, kept, name)
  const voter = voterFor(given, vectors, index)
  const judged = await remembered(kept, `judged-${name}.json`, voter, given.k)
  const calibration = {
    probability: fitProbability(judged),
    known: fitKnown(judged.map(({ familiarity }) => familiarity)),
  }
  const about: About = {
    encoder: encoder === undefined ? 'lexical' : 'minilm',
    encoderProblem: problem,
    index: index?.kind ?? 'none',
    indexBecause: index?.because,
    dataProblem: kept.problem(),
    examples: given.texts.length,
    encoded,
    preparedMs: performance.now() - began,
    judged,
  }
  return {
    encoder,
    about,
    async nearest(text) {
      const vector = (await encoder?.encode(text)) ?? new Float32Array(0)
      return castVote(voter, calibration, { question: text }, vector, given.k)
    },
  }
}

const voterFor = ({ texts, tasks: given }: Preparation, vectors: Float32Array, index: Index | undefined) => {
  const tasks = [...new Set(given)].sort()
  const labels = Int32Array.from(given, task => tasks.indexOf(task))
  const dims = index === undefined ? 0 : DIMENSIONS
  return prepareVoter(
    { texts, tasks, labels, vectors, dims },
    (vector, count) => index?.nearest(vector, count).map(hit => hit.row) ?? [],
  )
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
  { texts: given, modelsPath }: Preparation,
  kept: Kept,
  encoder: Encoder,
  progress: (done: number, total: number) => void,
) => {
  const texts = given.map(asAsked)
  const known = await openVectors(kept, encoder.id)
  const missing = [...new Set(texts)].filter(text => known.get(text) === undefined)
  await encodeMany(missing, encoder, modelsPath, async (batch, done) => {
    await known.add(batch)
    progress(done, missing.length)
  })
  const vectors = new Float32Array(texts.length * DIMENSIONS)
  texts.forEach((text, row) => {
    vectors.set(known.get(text) ?? [], row * DIMENSIONS)
  })
  return { vectors, encoded: missing.length }
}

/** Changes with anything that the index or the judgements depend on. */
const fingerprint = (given: Preparation, encoder: Encoder | undefined): string =>
  createHash('sha256')
    .update(JSON.stringify(['4', encoder?.id, given.k, given.tasks, given.texts]))
    .digest('hex')
    .slice(0, 16)

/** What a file says is believed only where this very context could have been judged so. */
const remembered = async (kept: Kept, name: string, voter: Voter, k: number): Promise<Judged[]> => {
  const read: unknown = await readFile(join(kept.folder, name), 'utf8')
    .then(JSON.parse)
    .catch(() => undefined)
  if (isJudgementOf(read, voter)) return read
  const judged = judge(voter, k)
  await kept.keepJson(name, judged)
  return judged
}
