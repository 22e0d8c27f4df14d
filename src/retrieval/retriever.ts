import { createJobs } from './jobs.ts'
import type { About, Nearest, Preparation } from './protocol.ts'
import { startThread, type Thread } from './thread.ts'

/** What the rest of the program sees of encoder, index and workers. */
export type Retriever = {
  readonly about: About
  /** The nearest examples of a question and the tasks they speak for. */
  nearest(text: string, signal: AbortSignal): Promise<Nearest>
  /** A text's vector by the local encoder. */
  embed(text: string, signal: AbortSignal): Promise<Float32Array>
  queued(): number
  close(): void
}

export type RetrieverOptions = Preparation & {
  readonly workers: number
  /** Questions waiting beyond this are not worth their wait: they are refused, and routed without neighbours. */
  readonly queue: number
  readonly onProgress?: (done: number, total: number) => void
  readonly onWorkerDied?: (error: Error) => void
}

const RESTART_MS = 1_000
const SLOWEST_RESTART_MS = 60_000

/** Prepares in the first worker, so that the others find everything computed, then shares the questions out. */
export const createRetriever = async (options: RetrieverOptions): Promise<Retriever> => {
  const { workers, queue, onProgress, onWorkerDied, ...preparation } = options
  const jobs = createJobs(queue)
  const threads = new Set<Thread>()
  let closed = false

  const start = async (): Promise<Thread> => {
    const thread = await startThread(preparation, onProgress)
    if (closed) thread.end()
    threads.add(thread)
    void thread.died.then(error => {
      threads.delete(thread)
      jobs.withdraw(thread)
      if (closed) return
      onWorkerDied?.(error)
      restart(RESTART_MS)
    })
    jobs.offer(thread)
    return thread
  }
  /** A worker that dies at every start is tried again ever more rarely. */
  const restart = (waitMs: number) => {
    if (closed) return
    const later = Math.min(waitMs * 2, SLOWEST_RESTART_MS)
    start().catch(() => setTimeout(restart, waitMs, later).unref())
  }

  const { about } = await start()
  for (let more = 1; more < workers; more++) restart(RESTART_MS)

  return {
    about,
    nearest: (text, signal) => jobs.ask('nearest', text, signal),
    embed: (text, signal) => jobs.ask('embed', text, signal),
    queued: jobs.waiting,
    close() {
      closed = true
      jobs.close()
      for (const thread of threads) thread.end()
    },
  }
}
