import { GatewayError } from '../errors.ts'
import type { Thread } from './thread.ts'

export type Job = {
  readonly kind: 'nearest' | 'embed'
  readonly text: string
  readonly signal: AbortSignal
  /** A job whose worker died under it is given to another one, once. */
  tries: number
  resolve(value: never): void
  reject(error: Error): void
}

export type Jobs = {
  ask<T>(kind: Job['kind'], text: string, signal: AbortSignal): Promise<T>
  /** A worker that is ready for its next question. */
  offer(thread: Thread): void
  withdraw(thread: Thread): void
  waiting(): number
  close(): void
}

const noLonger = () => new GatewayError('retrieval_failed', 'The neighbours are no longer searched.')

/** Questions in the order they came, one at a time to each worker that is idle. */
export const createJobs = (limit: number): Jobs => {
  const waiting: Job[] = []
  const idle: Thread[] = []
  let closed = false

  const next = () => {
    while (idle.length > 0) {
      const job = waiting.shift()
      if (job === undefined) return
      if (job.signal.aborted) job.reject(job.signal.reason)
      else give(job, idle.pop() as Thread)
    }
  }
  const give = (job: Job, thread: Thread) => {
    thread.ask(job.kind, job.text).then(
      value => {
        job.resolve(value as never)
        idle.push(thread)
        next()
      },
      (error: Error) => {
        if (!thread.isDead()) idle.push(thread)
        if (thread.isDead() && !closed && job.tries++ === 0) waiting.unshift(job)
        else
          job.reject(new GatewayError('retrieval_failed', 'The neighbours were not found.', { cause: error }))
        next()
      },
    )
  }
  const leave = (job: Job) => {
    const at = waiting.indexOf(job)
    if (at < 0) return
    waiting.splice(at, 1)
    job.reject(job.signal.reason)
  }

  return {
    ask: (kind, text, signal) =>
      new Promise((resolve, reject) => {
        if (closed) return reject(noLonger())
        if (waiting.length >= limit) {
          return reject(
            new GatewayError('retrieval_failed', `${limit} questions already wait to be encoded.`),
          )
        }
        waiting.push(createJob({ kind, text, signal, resolve, reject }, leave))
        next()
      }),
    offer(thread) {
      idle.push(thread)
      next()
    },
    withdraw(thread) {
      const at = idle.indexOf(thread)
      if (at >= 0) idle.splice(at, 1)
    },
    waiting: () => waiting.length,
    close() {
      closed = true
      for (const job of waiting.splice(0)) job.reject(noLonger())
    },
  }
}

/** Listens to the client's leaving for exactly as long as the job is open. */
const createJob = (given: Omit<Job, 'tries'>, onLeave: (job: Job) => void): Job => {
  const leave = () => onLeave(job)
  const done =
    <T>(settle: (value: T) => void) =>
    (value: T) => {
      given.signal.removeEventListener('abort', leave)
      settle(value)
    }
  const job = { ...given, tries: 0, resolve: done(given.resolve), reject: done(given.reject) }
  given.signal.addEventListener('abort', leave, { once: true })
  return job
}
