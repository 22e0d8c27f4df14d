import { type Timer, timer } from './job.ts'
import { createJobs } from './jobs.ts'
import type { About, Enough, Nearest, Preparation } from './protocol.ts'
import { startThread, type Thread } from './thread.ts'

export type How = {
  /** What its words must reach for the question not to be encoded; without it, it always is. */
  readonly enough?: Enough | undefined
  /** Whose question it is: clients take turns at the workers. */
  readonly client?: string | undefined
}

/** What the rest of the program sees of encoder, index and workers. */
export type Retriever = {
  readonly about: About
  /** The nearest examples of a question and the tasks they speak for. */
  nearest(text: string, signal: AbortSignal, how?: How): Promise<Nearest>
  /** A text's vector by the local encoder. */
  embed(text: string, signal: AbortSignal, client?: string): Promise<Float32Array>
  queued(): number
  /** How many workers are alive: with none, every question is refused at once. */
  workers(): number
  close(): void
}

export type RetrieverOptions = Preparation & {
  readonly workers: number
  /** Questions waiting beyond this are not worth their wait: they are refused, and routed without neighbours. */
  readonly queue: number
  readonly onProgress?: (done: number, total: number) => void
  /** A worker died, or could not be started again. */
  readonly onWorkerDied?: (error: Error) => void
}

/** For tests: threads and time in their hands. */
type Means = { readonly start?: typeof startThread; readonly after?: Timer }

const RESTART_MS = 1_000
const SLOWEST_RESTART_MS = 60_000

/** One core is left to the requests themselves; more than four encode faster than anybody asks, at 150 MB each. */
export const workersFor = (cores: number): number => Math.min(4, Math.max(1, cores - 1))

/** Prepares in the first worker, so that the others find everything computed, then shares the questions out. */
export const createRetriever = async (options: RetrieverOptions, means: Means = {}): Promise<Retriever> => {
  const { workers, queue, onProgress, onWorkerDied, ...preparation } = options
  const { start = startThread, after = timer } = means
  const jobs = createJobs(queue, after)
  const threads = new Set<Thread>()
  const callOff = new Set<() => void>()
  let closed = false

  const take = (thread: Thread) => {
    if (closed) return thread.end()
    threads.add(thread)
    void thread.died.then(error => {
      threads.delete(thread)
      jobs.withdraw(thread)
      if (closed) return
      onWorkerDied?.(error)
      void another(RESTART_MS)
    })
    jobs.offer(thread)
  }
  /** A worker that cannot be started is tried again ever more rarely. */
  const another = async (waitMs: number) => {
    if (closed) return
    try {
      take(alike(about, await start(preparation)))
    } catch (error) {
      if (closed) return
      onWorkerDied?.(new Error('A retrieval worker could not be started.', { cause: error }))
      const disarm = after(waitMs, () => {
        callOff.delete(disarm)
        void another(Math.min(waitMs * 2, SLOWEST_RESTART_MS))
      })
      callOff.add(disarm)
    }
  }

  const first = await start(preparation, onProgress)
  const { about } = first
  take(first)
  for (let more = 1; more < workers; more++) void another(RESTART_MS)

  return {
    about,
    nearest: (text, signal, { enough, client } = {}) =>
      jobs.ask({ kind: 'nearest', text, enough }, signal, client),
    embed: (text, signal, client) => jobs.ask({ kind: 'embed', text }, signal, client),
    queued: jobs.waiting,
    workers: () => threads.size,
    close() {
      closed = true
      jobs.close()
      for (const disarm of callOff) disarm()
      for (const thread of threads) thread.end()
    },
  }
}

/** Thresholds were measured with the first worker's encoder: answers of another one are not to be compared with them. */
const alike = (about: About, thread: Thread): Thread => {
  if (thread.about.encoder === about.encoder) return thread
  const { encoder, encoderProblem } = thread.about
  const error = new Error(
    `It would use the ${encoder} encoder instead of ${about.encoder}: ${encoderProblem ?? ''}`,
  )
  thread.end(error)
  throw error
}
