import { availableParallelism } from 'node:os'
import type { FastifyInstance } from 'fastify'
import type { Logger } from 'pino'
import { type Config, ConfigError } from './config.ts'
import { describe } from './errors.ts'
import { createRegistry, type Registry } from './experts/registry.ts'
import { createApp } from './http/app.ts'
import { defaultLimits, type Limits } from './http/limits.ts'
import { createLive, type Live } from './knowledge/live.ts'
import { prepareSnapshot } from './knowledge/prepare.ts'
import { InvalidFilesError } from './knowledge/problem.ts'
import { readSources, type Sources } from './knowledge/sources.ts'
import type { TaskMap } from './knowledge/task-map.ts'
import { createWatcher } from './knowledge/watch.ts'
import { createLeases } from './leases.ts'
import { fanOut } from './observe/fan-out.ts'
import { createLogEvents } from './observe/log-events.ts'
import { createMetrics, type Metrics } from './observe/metrics.ts'
import { startTracing } from './observe/trace.ts'
import type { Siblings } from './processes/member.ts'
import { shareOf } from './processes/share.ts'
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
  /** Why a map must not be served here, however right it is: asked of the first one and of every swap. */
  readonly objection?: (map: TaskMap) => string | undefined
  /** Other limits than the environment and the defaults say. */
  readonly limits?: Partial<Limits>
  /** The other processes that answer at the same port. */
  readonly siblings?: Siblings | undefined
}

/** Questions that may wait for a retrieval worker. */
const QUEUE = 1_000

/** Every part of the process, built once and handed what it needs; closed in the reverse order. */
export const wire = async (config: Config, log: Logger, options: WireOptions = {}): Promise<Gateway> => {
  const retrievers = createLeases<Retriever>(retriever => retriever.close())
  const { siblings } = options
  const registry = createRegistry()
  const metrics = createMetrics({
    experts: registry.report,
    queuedQuestions: () => retrievers.held().reduce((sum, retriever) => sum + retriever.queued(), 0),
  })
  const events = fanOut([metrics.events, createLogEvents(log, config.logQuestions)])
  const tracing = await startTracing(config.tracing, { log, events, withQuestions: config.logQuestions })
  const parts = { retrievers, registry, events, ...options }
  const prepareNow = preparation(config, parts)
  // One process after the other: what the first has encoded and fitted, the others find.
  const prepare =
    siblings === undefined ? prepareNow : (sources: Sources) => siblings.alone(() => prepareNow(sources))

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
    swapProblem: swaps.problem,
    isClosing: () => closing,
    tracing,
    logger: log,
    apiKeys: config.apiKeys,
    adminKey: config.adminKey,
    ...sharedWith(siblings, registry, metrics),
    limits: { ...limitsOf(config), ...options.limits },
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
      await tracing?.close()
    },
  }
}

/** What is the same whichever of several processes is asked. */
const sharedWith = (siblings: Siblings | undefined, registry: Registry, metrics: Metrics) => {
  if (siblings === undefined) return { registry, metrics }
  const { contentType, text, values } = metrics
  siblings.offer({ metrics: values, drain: registry.drain })
  return {
    keyLimits: siblings.limits,
    processes: () => ({ running: siblings.running(), wanted: siblings.wanted }),
    // One's own are better than none.
    metrics: { contentType, text: () => siblings.metrics().catch(text) },
    registry: {
      report: registry.report,
      drain(id: string, on: boolean) {
        const found = registry.drain(id, on)
        if (found) siblings.drained(id, on)
        return found
      },
    },
  }
}

const limitsOf = (config: Config): Limits => ({
  ...defaultLimits,
  bodyBytes: config.bodyLimitBytes,
  bodiesBytes: config.bodiesLimitBytes,
  connections: config.maxConnections,
  inFlight: config.maxInFlight,
  delayMs: config.maxDelayMs,
})

type Parts = {
  readonly retrievers: ReturnType<typeof createLeases<Retriever>>
  readonly registry: ReturnType<typeof createRegistry>
  readonly events: SwapEvents
} & Pick<WireOptions, 'onProgress' | 'objection' | 'siblings'>

/** From files to something that can be served: the snapshot, and the experts that its map names. */
const preparation =
  (config: Config, { retrievers, registry, events, onProgress, objection, siblings }: Parts) =>
  async (sources: Sources): Promise<Serving> => {
    const objected = sources.map && objection?.(sources.map)
    if (objected !== undefined) throw new ConfigError(objected)
    const { encoder, modelsPath, dataPath } = config
    const settings = { encoder, modelsPath, dataPath, queue: QUEUE, onWorkerDied: events.workerDied }
    const processes = siblings?.wanted ?? 1
    const workers = workersFor(Math.floor(availableParallelism() / processes))
    const { snapshot, release } = await prepareSnapshot(
      {
        retrievers,
        createRetriever: given =>
          createRetriever({ ...given, ...settings, workers, ...(onProgress && { onProgress }) }),
      },
      sources,
    )
    const crew = await registry.hire(shareOf(snapshot.map, processes)).catch(error => {
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
      if (replaced) events.swapped(value)
      return value
    } catch (error) {
      // The same files with the same fault are read more than once; they are news once.
      if (problem !== describe(error)) events.swapFailed(error)
      problem = describe(error)
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
    watch: () => watcher.watch(live.current().snapshot.files),
    close: () => watcher.close(),
  }
}
