import { GatewayError } from '../errors.ts'
import { createJob, type Job, type Timer, timer } from './job.ts'
import type { Thread } from './thread.ts'

export type Jobs = {
  ask<T>(kind: Job['kind'], text: string, signal: AbortSignal): Promise<T>
  /** A worker that has come to life. */
  offer(thread: Thread): void
  /** A worker that has died. */
  withdraw(thread: Thread): void
  waiting(): number
  close(): void
}

/** A question waits and is worked on for as long at most; a worker at one question for as long is stuck. */
export const DEADLINE_MS = 10_000
const DEADLINE_S = DEADLINE_MS / 1000

const failed = (message: string, cause?: Error) =>
  new GatewayError('retrieval_failed', message, cause === undefined ? {} : { cause })
const noLonger = () => failed('The neighbours are no longer searched.')
const nobody = (cause?: Error) => failed('No retrieval worker is alive.', cause)

/** The error of a worker that died at the job, which is then still open. */
const workOn = async (job: Job, thread: Thread, after: Timer): Promise<Error | undefined> => {
  const disarm = after(DEADLINE_MS, () => {
    const stuck = failed(`A retrieval worker was stuck for ${DEADLINE_S} s and is replaced.`)
    job.reject(stuck)
    thread.end(stuck)
  })
  try {
    job.resolve((await thread.ask(job.kind, job.text)) as never)
  } catch (error) {
    const cause = error instanceof Error ? error : new Error(String(error))
    if (thread.isDead()) return cause
    job.reject(failed('The neighbours were not found.', cause))
  } finally {
    disarm()
  }
  return undefined
}

/** Questions in the order they came, one at a time to each worker that is idle. */
export const createJobs = (limit: number, after: Timer = timer): Jobs => {
  const waiting: Job[] = []
  const alive = new Set<Thread>()
  const idle: Thread[] = []
  let closed = false

  const next = () => {
    while (idle.length > 0) {
      const job = waiting.shift()
      if (job === undefined) return
      void give(job, idle.pop() as Thread)
    }
  }
  const give = async (job: Job, thread: Thread) => {
    const died = await workOn(job, thread, after)
    if (died !== undefined) again(job, died)
    rest(thread)
  }
  const rest = (thread: Thread) => {
    if (alive.has(thread) && !thread.isDead()) idle.push(thread)
    next()
  }
  const again = (job: Job, error: Error) => {
    if (job.isSettled()) return
    if (closed || job.tries++ > 0) job.reject(failed('The neighbours were not found.', error))
    else if (alive.size === 0) job.reject(nobody(error))
    else waiting.unshift(job)
  }
  const rejectAll = (error: Error) => {
    for (const job of waiting.splice(0)) job.reject(error)
  }
  /** Whoever left, or waited too long, waits no longer. */
  const leave = (job: Job) => {
    const at = waiting.indexOf(job)
    if (at >= 0) waiting.splice(at, 1)
  }
  const refusal = () => {
    if (closed) return noLonger()
    if (alive.size === 0) return nobody()
    if (waiting.length >= limit) return failed(`${limit} questions already wait to be encoded.`)
    return undefined
  }

  return {
    ask: (kind, text, signal) =>
      new Promise((resolve, reject) => {
        const refused = signal.aborted ? signal.reason : refusal()
        if (refused !== undefined) return reject(refused)
        const disarm = after(DEADLINE_MS, () =>
          job.reject(failed(`No neighbours were found within ${DEADLINE_S} s.`)),
        )
        const job = createJob({ kind, text, signal, resolve, reject }, () => {
          disarm()
          leave(job)
        })
        waiting.push(job)
        next()
      }),
    offer(thread) {
      alive.add(thread)
      rest(thread)
    },
    withdraw(thread) {
      alive.delete(thread)
      const at = idle.indexOf(thread)
      if (at >= 0) idle.splice(at, 1)
      if (alive.size === 0) rejectAll(nobody())
    },
    waiting: () => waiting.length,
    close() {
      closed = true
      rejectAll(noLonger())
    },
  }
}
