import { createHash } from 'node:crypto'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { GatewayError } from '../errors.ts'
import type { Leases } from '../leases.ts'
import type { Retriever, RetrieverOptions } from '../retrieval/retriever.ts'
import { asAsked } from '../retrieval/text.ts'
import { thresholdsFor } from '../retrieval/thresholds.ts'
import type { Example } from './context.ts'
import { errorsOf, InvalidFilesError, warningsOf } from './problem.ts'
import type { Snapshot } from './snapshot.ts'
import type { Sources } from './sources.ts'

/** What a retriever is made from: all that a change of the map alone leaves as it was. */
export type Known = Pick<RetrieverOptions, 'texts' | 'tasks' | 'keywords' | 'k'>

export type PrepareDeps = {
  /** Snapshots of one context share its workers, so that a change of the map alone is live at once. */
  readonly retrievers: Leases<Retriever>
  readonly createRetriever: (given: Known) => Promise<Retriever>
}

export type Prepared = { readonly snapshot: Snapshot; release(): void }

/** Validates, builds and warms: everything that can fail does so here, beside what is being served. */
export const prepareSnapshot = async (deps: PrepareDeps, sources: Sources): Promise<Prepared> => {
  const { text, map, examples, keywords, prompt, problems, files, version } = sources
  if (map === undefined || prompt === undefined || errorsOf(problems).length > 0) {
    throw new InvalidFilesError(problems, files)
  }

  const given = {
    texts: examples.map(({ question, options }) => ({ question, ...(options && { options }) })),
    tasks: examples.map(example => example.task),
    keywords: keywords.map(({ task, text }) => ({ task, text })),
    k: map.retrieval.k,
  }
  const key = await keyOf(given)
  const { value: retriever, release } = await deps.retrievers.take(key, () => deps.createRetriever(given))
  try {
    await selfCheck(retriever, examples)
    const { whole, words } = thresholdsFor(retriever.about.judged, map.neighbours.allowedError)
    const snapshot: Snapshot = Object.freeze({
      version,
      map,
      text,
      examples,
      keywords,
      context: key.slice(0, 12),
      prompt,
      retriever,
      threshold: whole,
      wordsThreshold: words,
      warnings: warningsOf(problems),
      files,
    })
    return { snapshot, release }
  } catch (error) {
    release()
    throw error
  }
}

/** As one text it would be megabytes, at a stretch. */
const keyOf = async ({ texts, tasks, keywords, k }: Known): Promise<string> => {
  const hash = createHash('sha256').update(JSON.stringify([k, tasks, keywords]))
  for (let at = 0; at < texts.length; at += PART) {
    await nextTurn()
    hash.update(JSON.stringify(texts.slice(at, at + PART)))
  }
  return hash.digest('hex')
}

const PART = 1_000

/** An example is as near to itself as vectors make it, one half. Of its words it may have none that count. */
const NEAR_ITSELF = { minilm: 0.45, lexical: 0 }

/** One context has one retriever: it is not asked again at each change of the map. */
const checked = new WeakSet<Retriever>()

/** Warms the workers and asks what is known: where an example does not find itself nothing is to be trusted. */
const selfCheck = async (retriever: Retriever, examples: readonly Example[]) => {
  if (checked.has(retriever)) return
  const step = Math.max(1, Math.floor(examples.length / 8))
  const signal = AbortSignal.timeout(30_000)
  for (const example of examples.filter((_, row) => row % step === 0)) {
    const text = asAsked(example)
    const [nearest] = (await retriever.nearest(text, signal)).neighbours()
    if ((nearest?.similarity ?? 0) < NEAR_ITSELF[retriever.about.encoder]) {
      throw new GatewayError(
        'retrieval_failed',
        `The index does not find its own example: ${text.slice(0, 80)}`,
      )
    }
  }
  checked.add(retriever)
}
