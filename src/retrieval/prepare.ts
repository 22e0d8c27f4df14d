import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fitKnown, fitProbability, type Judged } from './calibrate.ts'
import { encodeMany } from './encode-many.ts'
import { DIMENSIONS, type Encoder, loadEncoder } from './encoder.ts'
import { asCompared, essenceOf } from './essence.ts'
import { buildIndex, type Index } from './index.ts'
import { isJudgementOf, judge } from './judge.ts'
import { type Kept, openKept } from './kept.ts'
import { headOf } from './kept-head.ts'
import type { About, Nearest, Preparation } from './protocol.ts'
import { encodeExpected, openStored, type Stored } from './stored.ts'
import { asText, forEncoder } from './text.ts'
import { castVote, represent, type Voter, voterOf } from './vote.ts'

export type Prepared = {
  readonly about: About
  readonly encoder: Encoder | undefined
  nearest(text: string): Promise<Nearest>
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
  const name = fingerprint(given, encoder)
  // Not waited for: what the head is fitted from is counted meanwhile.
  const opening =
    encoder &&
    buildIndex(vectors.subarray(0, given.texts.length * DIMENSIONS), kept, indexName(given, encoder))
  const voter = await voterFor(given, vectors, opening, kept, name)
  const index = await opening
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
  const expected = encoder && stored ? await encodeExpected(given, encoder, stored, progress) : undefined
  return {
    encoder,
    about,
    async nearest(asked) {
      const text = asText(essenceOf(asked))
      const toEncode = forEncoder(text)
      const began = performance.now()
      const vector = expected?.get(toEncode) ?? (await encoder?.encode(toEncode)) ?? new Float32Array(0)
      const encoded = performance.now()
      const voted = castVote(voter, calibration, text, vector, given.k)
      return { ...voted, tookMs: { encode: encoded - began, search: performance.now() - encoded } }
    },
  }
}

/** Examples are read as questions are. */
const essences = (given: Preparation): Preparation => ({
  ...given,
  texts: given.texts.map(asCompared),
  ...(given.expected && { expected: given.expected.map(asked => forEncoder(asText(essenceOf(asked)))) }),
})

/** The context as it votes; what took long to fit is kept under `name`. */
const voterFor = async (
  { texts, keywords, tasks: given }: Preparation,
  vectors: Float32Array,
  opening: Promise<Index> | undefined,
  kept: Kept,
  name: string,
) => {
  const taskOf = [...given, ...keywords.map(({ task }) => task)]
  const tasks = [...new Set(taskOf)].sort()
  const labels = Int32Array.from(taskOf, task => tasks.indexOf(task))
  const dims = opening === undefined ? 0 : DIMENSIONS
  const context = { texts, keywords: keywords.map(({ text }) => text), tasks, labels, vectors, dims }
  const represented = represent(context)
  const head = await headOf(kept, name, represented.features, labels, tasks.length)
  const index = await opening
  return voterOf(
    context,
    represented,
    head,
    (vector, count, breadth) => index?.nearest(vector, count, breadth).map(hit => hit.row) ?? [],
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
  const vectors = new Float32Array(texts.length * DIMENSIONS)
  texts.forEach((text, row) => {
    vectors.set(stored.find(text) ?? [], row * DIMENSIONS)
  })
  return { vectors, encoded: missing.length }
}

/** Changes with anything that the index or the judgements depend on. */
const fingerprint = (given: Preparation, encoder: Encoder | undefined): string =>
  createHash('sha256')
    .update(JSON.stringify(['8', encoder?.id, given.k, given.tasks, given.texts, given.keywords]))
    .digest('hex')
    .slice(0, 16)

/** Tasks and keywords move no vector: the index stays as it is. */
const indexName = ({ texts }: Preparation, encoder: Encoder): string =>
  createHash('sha256')
    .update(JSON.stringify(['2', encoder.id, texts]))
    .digest('hex')
    .slice(0, 16)

/** What a file says is believed only where this very context could have been judged so. */
const remembered = async (kept: Kept, name: string, voter: Voter, k: number): Promise<Judged[]> => {
  const read: unknown = await readFile(join(kept.folder, name), 'utf8')
    .then(JSON.parse)
    .catch(() => undefined)
  if (isJudgementOf(read, voter)) return read
  const judged = await judge(voter, k)
  await kept.keepJson(name, judged)
  return judged
}
