import { createHash } from 'node:crypto'
import { GatewayError } from '../errors.ts'
import type { Leases } from '../leases.ts'
import { thresholdFor } from '../retrieval/calibrate.ts'
import type { Retriever, RetrieverOptions } from '../retrieval/retriever.ts'
import { asAsked } from '../retrieval/text.ts'
import type { Example } from './context.ts'
import type { Environment } from './document.ts'
import { errorsOf, InvalidFilesError, warningsOf } from './problem.ts'
import type { Snapshot } from './snapshot.ts'
import { readSources, type Sources } from './sources.ts'

export type PrepareDeps = {
  readonly environment: Environment
  /** Snapshots of one context share its workers, so that a change of the map alone is live at once. */
  readonly retrievers: Leases<Retriever>
  readonly createRetriever: (given: Pick<RetrieverOptions, 'texts' | 'tasks' | 'k'>) => Promise<Retriever>
}

export type Prepared = { readonly snapshot: Snapshot; release(): void }

/** Reads, validates, builds and warms: everything that can fail does so here, beside what is being served. */
export const prepareSnapshot = async (deps: PrepareDeps, mapPath: string): Promise<Prepared> =>
  prepareFrom(deps, await readSources(mapPath, deps.environment))

/** The same from what was read already: serving and measuring prepare alike. */
export const prepareFrom = async (
  deps: Omit<PrepareDeps, 'environment'>,
  { map, examples, prompt, problems, files, version }: Sources,
): Promise<Prepared> => {
  if (map === undefined || prompt === undefined || errorsOf(problems).length > 0) {
    throw new InvalidFilesError(problems)
  }

  const given = {
    texts: examples.map(({ question, options }) => ({ question, ...(options && { options }) })),
    tasks: examples.map(example => example.task),
    k: map.retrieval.k,
  }
  const { value: retriever, release } = await deps.retrievers.take(keyOf(given), () =>
    deps.createRetriever(given),
  )
  try {
    await selfCheck(retriever, examples)
    const snapshot: Snapshot = Object.freeze({
      version,
      map,
      examples,
      prompt,
      retriever,
      threshold: thresholdFor(retriever.about.judged, map.neighbours.allowedError),
      warnings: warningsOf(problems),
      files,
    })
    return { snapshot, release }
  } catch (error) {
    release()
    throw error
  }
}

const keyOf = (given: Pick<RetrieverOptions, 'texts' | 'tasks' | 'k'>) =>
  createHash('sha256').update(JSON.stringify(given)).digest('hex')

/** Warms the workers and asks what is known: an example must find itself, or the index is not to be trusted. */
const selfCheck = async (retriever: Retriever, examples: readonly Example[]) => {
  const step = Math.max(1, Math.floor(examples.length / 8))
  const signal = AbortSignal.timeout(30_000)
  for (const example of examples.filter((_, row) => row % step === 0)) {
    const text = asAsked(example)
    const { neighbours } = await retriever.nearest(text, signal)
    const found = neighbours.some(({ row }) => examples[row] !== undefined && asAsked(examples[row]) === text)
    if (!found) {
      throw new GatewayError(
        'retrieval_failed',
        `The index does not find its own example: ${text.slice(0, 80)}`,
      )
    }
  }
}
