import { GatewayError } from '../errors.ts'
import { createJob, type Job, type Timer, timer } from './job.ts'
import type { Asked } from './protocol.ts'
import type { Thread } from './thread.ts'
import { createTurns } from './turns.ts'

export type Jobs = {
  /** `client` is whose question it is: clients take turns. */
  ask<T>(asked: Asked, signal: AbortSignal, client?: string): Promise<T>
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
    job.resolve((await thread.ask(job.asked)) as never)
  } catch (error) {
    const cause = error instanceof Error ? error : new Error(String(error))
    if (thread.isDead()) return cause
    job.reject(failed('The neighbours were not found.', cause))
  } finally {
    disarm()
  }
  return undefined
}

/** A worker finds its next question there when it is done with one: it would wait for this thread's turn otherwise. */
const AT_HAND = 2

/** The workers that are alive, and how many questions each has. */
const createCrew = () => {
  const questionsOf = new Map<Thread, number>()
  return {
    add: (thread: Thread) => void questionsOf.set(thread, 0),
    remove: (thread: Thread) => void questionsOf.delete(thread),
    size: () => questionsOf.size,
    count(thread: Thread, by: number) {
      const questions = questionsOf.get(thread)
      if (questions !== undefined) questionsOf.set(thread, questions + by)
    },
    /** Who has least to do, if anybody takes one more. */
    freest() {
      let found: Thread | undefined
      let least = AT_HAND
      for (const [thread, questions] of questionsOf) {
        if (questions < least && !thread.isDead()) [found, least] = [thread, questions]
      }
      return found
    },
  }
}

/** To the worker that has least to do: clients in turn, each one's in the order they came. */
export const createJobs = (limit: number, after: Timer = timer): Jobs => {
  const waiting = createTurns<Job>()
  const crew = createCrew()
  let closed = false

  const next = () => {
    for (let thread = crew.freest(); thread !== undefined; thread = crew.freest()) {
      const job = waiting.take()
      if (job === undefined) return
      void give(job, thread)
    }
  }
  const give = async (job: Job, thread: Thread) => {
    crew.count(thread, 1)
    const died = await workOn(job, thread, after)
    if (died !== undefined) again(job, died)
    crew.count(thread, -1)
    next()
  }
  const again = (job: Job, error: Error) => {
    if (job.isSettled()) return
    if (closed || job.tries++ > 0) job.reject(failed('The neighbours were not found.', error))
    else if (crew.size() === 0) job.reject(nobody(error))
    else waiting.addFirst(job.client, job)
  }
  const rejectAll = (error: Error) => {
    for (let job = waiting.take(); job !== undefined; job = waiting.take()) job.reject(error)
  }
  const refusal = (client: string) => {
    if (closed) return noLonger()
    if (crew.size() === 0) return nobody()
    if (waiting.size() < limit) return undefined
    const full = failed(`${limit} questions already wait to be encoded.`)
    const last = waiting.giveWay(client)
    last?.reject(full)
    return last === undefined ? full : undefined
  }

  return {
    ask: (asked, signal, client = '') =>
      new Promise((resolve, reject) => {
        const refused = signal.aborted ? signal.reason : refusal(client)
        if (refused !== undefined) return reject(refused)
        const disarm = after(DEADLINE_MS, () =>
          job.reject(failed(`No neighbours were found within ${DEADLINE_S} s.`)),
        )
        const job = createJob({ asked, client, signal, resolve, reject }, () => {
          disarm()
          // Whoever left, or waited too long, waits no longer.
          waiting.remove(client, job)
        })
        waiting.add(client, job)
        next()
      }),
    offer(thread) {
      crew.add(thread)
      next()
    },
    withdraw(thread) {
      crew.remove(thread)
      if (crew.size() === 0) rejectAll(nobody())
    },
    waiting: waiting.size,
    close() {
      closed = true
      rejectAll(noLonger())
    },
  }
}
