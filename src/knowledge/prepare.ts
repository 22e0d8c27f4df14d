import { createHash } from 'node:crypto'
import { GatewayError } from '../errors.ts'
import type { Leases } from '../leases.ts'
import { thresholdFor } from '../retrieval/calibrate.ts'
import type { Retriever, RetrieverOptions } from '../retrieval/retriever.ts'
import { type Example, exampleText } from './context.ts'
import type { Environment } from './document.ts'
import { errorsOf, InvalidFilesError, warningsOf } from './problem.ts'
import type { Snapshot } from './snapshot.ts'
import { readSources } from './sources.ts'
import type { TaskMap } from './task-map.ts'

export type PrepareDeps = {
  readonly environment: Environment
  /** Snapshots of one context share its workers, so that a change of the map alone is live at once. */
  readonly retrievers: Leases<Retriever>
  readonly createRetriever: (given: Pick<RetrieverOptions, 'texts' | 'tasks' | 'k'>) => Promise<Retriever>
}

export type Prepared = { readonly snapshot: Snapshot; release(): void }

/** Reads, validates, builds and warms: everything that can fail does so here, beside what is being served. */
export const prepareSnapshot = async (deps: PrepareDeps, mapPath: string): Promise<Prepared> => {
  const { map, examples, prompt, problems, files, version } = await readSources(mapPath, deps.environment)
  if (map === undefined || prompt === undefined || errorsOf(problems).length > 0) {
    throw new InvalidFilesError(problems)
  }

  const texts = examples.map(exampleText)
  const tasks = examples.map(example => example.task)
  const given = { texts, tasks, k: map.retrieval.k }
  const { value: retriever, release } = await deps.retrievers.take(keyOf(given), () =>
    deps.createRetriever(given),
  )
  try {
    await selfCheck(retriever, texts)
    const snapshot: Snapshot = Object.freeze({
      version,
      map,
      examples,
      prompt,
      retriever,
      threshold: threshold(map, examples, retriever),
      warnings: warningsOf(problems),
      files,
    })
    return { snapshot, release }
  } catch (error) {
    release()
    throw error
  }
}

const keyOf = (given: { texts: readonly string[]; tasks: readonly string[]; k: number }) => {
  const hash = createHash('sha256').update(`${given.k}\0${given.tasks.join('\0')}`)
  for (const text of given.texts) hash.update(`\0${text}`)
  return hash.digest('hex')
}

const threshold = (map: TaskMap, examples: readonly Example[], retriever: Retriever) =>
  thresholdFor(
    retriever.about.trials.map(({ row, task, confidence }) => ({
      confidence,
      right: examples[row]?.task === task,
    })),
    map.neighbours.allowedError,
  )

/** Warms the workers and asks what is known: an example must find itself, or the index is not to be trusted. */
const selfCheck = async (retriever: Retriever, texts: readonly string[]) => {
  const step = Math.max(1, Math.floor(texts.length / 8))
  const signal = AbortSignal.timeout(30_000)
  for (let row = 0; row < texts.length; row += step) {
    const text = texts[row] ?? ''
    const { neighbours } = await retriever.nearest(text, signal)
    if (!neighbours.some(neighbour => texts[neighbour.row] === text)) {
      throw new GatewayError(
        'retrieval_failed',
        `The index does not find its own example: ${text.slice(0, 80)}`,
      )
    }
  }
}
