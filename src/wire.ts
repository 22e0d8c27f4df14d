import { availableParallelism } from 'node:os'
import type { FastifyInstance } from 'fastify'
import type { Logger } from 'pino'
import type { Config } from './config.ts'
import { describe } from './errors.ts'
import { createRegistry } from './experts/registry.ts'
import { createApp } from './http/app.ts'
import { createLive, type Live } from './knowledge/live.ts'
import { prepareSnapshot } from './knowledge/prepare.ts'
import { InvalidFilesError } from './knowledge/problem.ts'
import { readSources, type Sources } from './knowledge/sources.ts'
import { createWatcher } from './knowledge/watch.ts'
import { createLeases } from './leases.ts'
import { fanOut } from './observe/fan-out.ts'
import { createLogEvents } from './observe/log-events.ts'
import { createMetrics } from './observe/metrics.ts'
import { createRetriever, type Retriever, workersFor } from './retrieval/retriever.ts'
import { createPipeline, type Pipeline } from './routing/pipeline.ts'
import type { Serving, SwapEvents } from './routing/serving.ts'

export type Gateway = {
  readonly app: FastifyInstance
  readonly pipeline: Pipeline
  readonly live: Live<Serving>
  /** Reads the files again; resolves when what they say is served, or rejects and changes nothing. */
  reload(): Promise<Serving>
  close(): Promise<void>
}

export type WireOptions = {
  readonly onProgress?: (done: number, total: number) => void
  readonly watchFiles?: boolean
}

/** Questions that may wait for a retrieval worker. */
const QUEUE = 1_000

/** Every part of the process, built once and handed what it needs; closed in the reverse order. */
export const wire = async (config: Config, log: Logger, options: WireOptions = {}): Promise<Gateway> => {
  const retrievers = createLeases<Retriever>(retriever => retriever.close())
  const registry = createRegistry()
  const metrics = createMetrics({
    experts: registry.report,
    queuedQuestions: () => retrievers.held().reduce((sum, retriever) => sum + retriever.queued(), 0),
  })
  const events = fanOut([metrics.events, createLogEvents(log, config.logQuestions)])
  const prepare = preparation(config, { retrievers, registry, events, onProgress: options.onProgress })

  const read = () => readSources(config.mapPath, config.environment)
  const live = createLive(await prepare(await read()))
  events.swapped(live.current())
  const swaps = createSwaps(live, read, prepare, events)
  if (options.watchFiles !== false) swaps.watch()

  let closing = false
  const pipeline = createPipeline(events)
  const app = createApp({
    live,
    pipeline,
    events,
    metrics,
    swapProblem: swaps.problem,
    isClosing: () => closing,
    logger: log,
    apiKeys: config.apiKeys,
    adminKey: config.adminKey,
    registry,
    bodyLimitBytes: config.bodyLimitBytes,
  })
  return {
    app,
    pipeline,
    live,
    reload: swaps.reload,
    async close() {
      closing = true
      swaps.close()
      await app.close()
      await live.close()
    },
  }
}

type Parts = {
  readonly retrievers: ReturnType<typeof createLeases<Retriever>>
  readonly registry: ReturnType<typeof createRegistry>
  readonly events: SwapEvents
  readonly onProgress: WireOptions['onProgress']
}

/** From files to something that can be served: the snapshot, and the experts that its map names. */
const preparation =
  (config: Config, { retrievers, registry, events, onProgress }: Parts) =>
  async (sources: Sources): Promise<Serving> => {
    const { encoder, modelsPath, dataPath } = config
    const settings = { encoder, modelsPath, dataPath, queue: QUEUE, onWorkerDied: events.workerDied }
    const workers = workersFor(availableParallelism())
    const { snapshot, release } = await prepareSnapshot(
      {
        retrievers,
        createRetriever: given =>
          createRetriever({ ...given, ...settings, workers, ...(onProgress && { onProgress }) }),
      },
      sources,
    )
    const crew = await registry.hire(snapshot.map).catch(error => {
      release()
      throw error
    })
    const done = () => {
      crew.release()
      release()
    }
    return { snapshot, crew, release: done }
  }

/** Replaces what is served when the files change, and remembers why it could not. */
const createSwaps = (
  live: Live<Serving>,
  read: () => Promise<Sources>,
  prepare: (sources: Sources) => Promise<Serving>,
  events: SwapEvents,
) => {
  let problem: string | undefined

  const reload = async (): Promise<Serving> => {
    try {
      const { value, replaced } = await live.replace(async current => {
        const sources = await read()
        return sources.version === current.snapshot.version ? undefined : await prepare(sources)
      })
      problem = undefined
      watcher.watch(value.snapshot.files)
      if (!replaced) return value
      events.swapped(value)
      // One more look, for what changed while this was being prepared: usually nothing did.
      return await reload()
    } catch (error) {
      problem = describe(error)
      events.swapFailed(error)
      // Files that are only named so far may be what is missing: their appearing is a change too.
      const tried = error instanceof InvalidFilesError ? error.files : []
      watcher.watch([...new Set([...live.current().snapshot.files, ...tried])])
      throw error
    }
  }
  const watcher = createWatcher({ onChange: () => void reload().catch(() => undefined) })
  return {
    reload,
    problem: () => problem,
    /** What was edited while the first snapshot was being prepared is found by the first look. */
    watch: () => void reload().catch(() => undefined),
    close: () => watcher.close(),
  }
}
