import { availableParallelism } from 'node:os'
import type { FastifyInstance } from 'fastify'
import type { Logger } from 'pino'
import type { Config } from './config.ts'
import { createRegistry } from './experts/registry.ts'
import { createApp } from './http/app.ts'
import { readConsole } from './http/console.ts'
import { defaultLimits, type Limits } from './http/limits.ts'
import { rememberContexts } from './knowledge/context-memory.ts'
import { createLive, type Live } from './knowledge/live.ts'
import { type Prepared, prepareSnapshot } from './knowledge/prepare.ts'
import { InvalidFilesError } from './knowledge/problem.ts'
import { atStart, type Given, readSources, type Sources } from './knowledge/sources.ts'
import type { TaskMap } from './knowledge/task-map.ts'
import { createLeases } from './leases.ts'
import { openCandidateNote } from './observe/candidate-note.ts'
import { fanOut } from './observe/fan-out.ts'
import { createFeedback, type FeedbackEvents } from './observe/feedback.ts'
import { createLogEvents } from './observe/log-events.ts'
import { createMetrics } from './observe/metrics.ts'
import { openRecords } from './observe/records.ts'
import { startTracing } from './observe/trace.ts'
import type { Siblings } from './processes/member.ts'
import { recordedWith, sharedWith, shareOf } from './processes/share.ts'
import { createRetriever, type Retriever, workersFor } from './retrieval/retriever.ts'
import { createCandidates } from './routing/candidate/candidates.ts'
import type { CandidateEvents } from './routing/candidate/place.ts'
import type { Account } from './routing/events.ts'
import { createPipeline, type Pipeline } from './routing/pipeline.ts'
import type { Serving, SwapEvents } from './routing/serving.ts'
import { asTried } from './swaps/as-tried.ts'
import { createSwaps, type Swaps } from './swaps/swaps.ts'

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
  const { siblings } = options
  const retrievers = createLeases<Retriever>(retriever => retriever.close())
  const registry = createRegistry()
  const metrics = createMetrics({
    experts: registry.report,
    candidate: () => candidates.standing?.report(),
    queuedQuestions: () => retrievers.held().reduce((sum, retriever) => sum + retriever.queued(), 0),
  })
  const serves = options.watchFiles !== false
  const warn = (problem: string) => log.error({ problem }, 'what is kept beside the requests is not kept')
  const records = await openRecords(config, { serves, warn, ...(siblings && recordedWith(siblings)) })
  const events = fanOut([
    metrics.events,
    createLogEvents(log, config.logQuestions),
    ...records.listeners,
    { swapped: () => candidates.swapped(), answered: (account: Account) => candidates.answered(account) },
  ])
  const tracing = await startTracing(config.tracing, { log, events, withQuestions: config.logQuestions })
  const prepare = preparation(config, { retrievers, registry, events, ...options })

  const contexts = rememberContexts()
  const read = (given: Given = new Map()) =>
    readSources(config.mapPath, config.environment, { given, read: contexts })
  const live = createLive(await prepare.serving(await read()))
  const swaps = createSwaps({ live, read, prepare: prepare.serving, snapshot: prepare.snapshot, events })
  const tried = { live, read, swaps, events, prepare, serves, warn }
  const { candidates, feedback, closeTrials } = await trials(config, tried)
  events.swapped(live.current(), { by: 'start' })
  if (serves) swaps.watch()

  let closing = false
  const pipeline = createPipeline(events)
  const app = createApp({
    live,
    pipeline,
    events,
    swaps,
    ...records.kept,
    mapPath: config.mapPath,
    candidates,
    feedback,
    keepProblems: records.problems,
    isClosing: () => closing,
    tracing,
    logger: log,
    apiKeys: config.apiKeys,
    adminKey: config.adminKey,
    console: await readConsole(),
    ...sharedWith(siblings, { registry, metrics, candidates, feedback, ...records.kept }),
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
      await closeTrials()
      await live.close()
      await records.close()
      await tracing?.close()
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

type Trials = {
  readonly live: Live<Serving>
  readonly read: (given?: Given) => Promise<Sources>
  readonly prepare: { readonly serving: (sources: Sources) => Promise<Serving> }
  readonly swaps: Pick<Swaps, 'change'>
  readonly events: CandidateEvents & FeedbackEvents
  readonly serves: boolean
  readonly warn: (problem: string) => void
}

/**
 * What is tried, and what clients say of it. Candidates are read as though they stood in the map's file, and served by
 * a swap like any other.
 */
const trials = async ({ mapPath, dataPath, logQuestions }: Config, parts: Trials) => {
  const { live, read, prepare, swaps, serves } = parts
  // Commands look at the same folder as the gateway beside them, and have nothing to forget.
  const note = serves ? await openCandidateNote(dataPath, parts.warn) : undefined
  const candidates = createCandidates({
    async prepare(source, known) {
      const sources = await read(new Map([[mapPath, source]]))
      return sources.version === known ? undefined : await prepare.serving(sources)
    },
    serve: async (source, cause) =>
      (await swaps.change({ file: mapPath, edit: asTried(source) }, { by: 'api', ...cause })).serving,
    served: () => live.current().snapshot.version,
    watches: serves,
    events: note === undefined ? parts.events : fanOut([parts.events, note.events]),
    forgotten: note?.forgotten,
    withQuestions: logQuestions,
  })
  const feedback = await createFeedback({ dataPath, withQuestions: logQuestions, events: parts.events })
  const closeTrials = async () => {
    await candidates.close()
    await note?.close()
    await feedback.close()
  }
  return { candidates, feedback, closeTrials }
}

/** From files to something that can be served: the snapshot, and the experts that its map names. */
const preparation = (config: Config, parts: Parts) => {
  const { retrievers, registry, events, onProgress, objection, siblings } = parts
  const processes = siblings?.wanted ?? 1
  const snapshotNow = async (sources: Sources): Promise<Prepared> => {
    const objected = sources.map && objection?.(sources.map)
    if (objected !== undefined)
      throw new InvalidFilesError([atStart(config.mapPath, objected)], sources.files)
    const { encoder, modelsPath, dataPath } = config
    const settings = { encoder, modelsPath, dataPath, queue: QUEUE, onWorkerDied: events.workerDied }
    const workers = config.workers ?? workersFor(Math.floor(availableParallelism() / processes))
    return await prepareSnapshot(
      {
        retrievers,
        createRetriever: given =>
          createRetriever({ ...given, ...settings, workers, ...(onProgress && { onProgress }) }),
      },
      sources,
    )
  }
  // One process after the other: what the first has encoded and fitted, the others find.
  const snapshotOf = (sources: Sources) =>
    siblings === undefined ? snapshotNow(sources) : siblings.alone(() => snapshotNow(sources))
  const serving = async (sources: Sources): Promise<Serving> => {
    const { snapshot, release } = await snapshotOf(sources)
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
  return { snapshot: snapshotOf, serving }
}
