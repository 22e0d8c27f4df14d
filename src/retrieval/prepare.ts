import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fitKnown, fitProbability, type Judged } from './calibrate.ts'
import { encodeMany } from './encode-many.ts'
import { DIMENSIONS, type Encoder, loadEncoder } from './encoder.ts'
import { essenceOf } from './essence.ts'
import { buildIndex } from './index.ts'
import { keepJson } from './kept.ts'
import type { About, Nearest, Preparation } from './protocol.ts'
import { encodeExpected, openStored, type Stored } from './stored.ts'
import { asAsked, asText } from './text.ts'
import { castVote, judge, prepareVoter } from './vote.ts'

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
  const stored = encoder && (await openStored(given, encoder.id))
  const { vectors, encoded } =
    encoder === undefined || stored === undefined
      ? { vectors: new Float32Array(0), encoded: 0 }
      : await encodeAll(given, encoder, stored, progress)
  const name = fingerprint(given, encoder)
  const index = encoder === undefined ? undefined : await buildIndex(vectors, given.dataPath, name)
  const tasks = [...new Set(given.tasks)].sort()
  const voter = prepareVoter(
    {
      texts: given.texts,
      tasks,
      labels: Int32Array.from(given.tasks, task => tasks.indexOf(task)),
      vectors,
      dims: encoder === undefined ? 0 : DIMENSIONS,
    },
    (vector, count) => index?.nearest(vector, count).map(hit => hit.row) ?? [],
  )
  const judged = await remembered(given.dataPath, `judged-${name}.json`, () => judge(voter, given.k))
  const calibration = {
    probability: fitProbability(judged),
    known: fitKnown(judged.map(({ familiarity }) => familiarity)),
  }
  const preparedMs = performance.now() - began
  const expected = encoder && stored ? await encodeExpected(given, encoder, stored, progress) : undefined
  return {
    encoder,
    about: {
      encoder: encoder === undefined ? 'lexical' : 'minilm',
      encoderProblem: problem,
      index: index?.kind ?? 'none',
      indexBecause: index?.because,
      examples: given.texts.length,
      encoded,
      preparedMs,
      judged,
    },
    async nearest(asked) {
      const text = essenceOf(asked)
      const began = performance.now()
      const vector = expected?.get(text) ?? (await encoder?.encode(text)) ?? new Float32Array(0)
      const encoded = performance.now()
      const voted = castVote(voter, calibration, asText(text), vector, given.k)
      return { ...voted, tookMs: { encode: encoded - began, search: performance.now() - encoded } }
    },
  }
}

/** Examples are read as questions are. */
const essences = (given: Preparation): Preparation => ({
  ...given,
  texts: given.texts.map(text => ({ ...text, question: essenceOf(text.question) })),
  ...(given.expected && { expected: given.expected.map(essenceOf) }),
})

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
  encoder: Encoder,
  stored: Stored,
  progress: (done: number, total: number) => void,
) => {
  const texts = given.map(asAsked)
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
    .update(JSON.stringify(['3', encoder?.id, given.k, given.tasks, given.texts]))
    .digest('hex')
    .slice(0, 16)

const remembered = async (dataPath: string, name: string, compute: () => Judged[]): Promise<Judged[]> => {
  const path = join(dataPath, name)
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Judged[]
  } catch {
    const value = compute()
    await keepJson(dataPath, name, value)
    return value
  }
}
