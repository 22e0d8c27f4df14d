import cluster, { type Worker } from 'node:cluster'
import type { Logger } from 'pino'
import { createLine } from './line.ts'
import { MEMBER_OF } from './member.ts'
import type { OfMember, OfPrimary } from './protocol.ts'
import { rescueConnections } from './rescue.ts'
import { createRoll, type Enrolled, type Roll } from './roll.ts'
import { createShared, type Shared } from './shared.ts'

export type Started = { readonly banner: readonly string[] } | { readonly code: number }

export type Members = {
  /** Starts one; resolves when it answers requests, or has ended before it did. */
  start(): Promise<Started>
  reload(): void
  /** Lets all finish what runs; resolves with the worst of their exit codes when the last one has ended. */
  stop(): Promise<number>
  kill(): void
}

type Ended = { readonly code: number | null; readonly signal: string | null }

const RESTART_MS = 1_000
const SLOWEST_RESTART_MS = 60_000
/** Who lived this long did not end because of how it began. */
const STEADY_MS = 60_000

/** The processes that answer: started again when they end by themselves. */
export const createMembers = (wanted: number, log: Logger): Members => {
  const roll = createRoll()
  const shared = createShared(roll)
  const timers = new Set<NodeJS.Timeout>()
  let everReady = false
  let stopping: { resolve(code: number): void; worst: number } | undefined

  const again = (member: Enrolled, failures: number, { code, signal }: Ended) => {
    const waitMs = Math.min(RESTART_MS * 2 ** failures, SLOWEST_RESTART_MS)
    const timer = setTimeout(() => {
      timers.delete(timer)
      void start(failures + 1)
    }, waitMs)
    timers.add(timer)
    shared.restarted()
    log.error(
      { pid: member.worker.process.pid, code, signal, waitMs },
      'a process ended; another one is started',
    )
  }
  const ended = (member: Enrolled, failures: number, how: Ended) => {
    roll.tellRunning()
    if (stopping === undefined) {
      const steady = performance.now() - member.since > STEADY_MS
      // The first one says itself why it cannot begin: the others could not either.
      if (everReady) again(member, steady ? 0 : failures, how)
      return
    }
    if (member.ready) stopping.worst = Math.max(stopping.worst, how.code ?? 1)
    if (roll.all.size === 0) stopping.resolve(stopping.worst)
  }
  const start = (failures = 0): Promise<Started> =>
    new Promise(resolve => {
      const member = enrol(roll, shared, {
        wanted,
        ready(banner) {
          everReady = true
          roll.tellRunning()
          const { pid } = member.worker.process
          log.info({ pid, running: roll.ready().length, wanted }, 'a process answers requests')
          resolve({ banner })
        },
        ended(member, how) {
          resolve({ code: how.code ?? 1 })
          ended(member, failures, how)
        },
      })
      member.worker.on('error', error => log.error({ problem: error.message }, 'a process cannot be reached'))
    })

  return {
    start: () => start(),
    reload: () => roll.tell(roll.ready(), 'reload'),
    stop: () =>
      new Promise(resolve => {
        stopping = { resolve, worst: 0 }
        for (const timer of timers) clearTimeout(timer)
        if (roll.all.size === 0) resolve(0)
        roll.tell(roll.ready(), 'stop')
        // Who still prepares has nothing to finish.
        for (const { worker, ready } of roll.all) if (!ready) worker.process.kill('SIGKILL')
      }),
    kill: () => {
      for (const { worker } of roll.all) worker.process.kill('SIGKILL')
    },
  }
}

type Listener = {
  readonly wanted: number
  ready(banner: readonly string[]): void
  ended(member: Enrolled, how: Ended): void
}

const enrol = (roll: Roll, shared: Shared, listener: Listener): Enrolled => {
  const worker = cluster.fork({ [MEMBER_OF]: String(listener.wanted) })
  rescueConnections(worker)
  const serving = shared.servingOf(worker)
  const ready = (banner: readonly string[]) => {
    member.ready = true
    shared.begun(member)
    listener.ready(banner)
  }
  const offers: OfPrimary = { ...serving.offers, ready }
  const line = createLine<OfMember>(channelOf(worker), offers)
  const member: Enrolled = { worker, line, since: performance.now(), ready: false }
  roll.all.add(member)
  worker.once('exit', (code: number | null, signal: string | null) => {
    roll.all.delete(member)
    line.close()
    serving.end()
    listener.ended(member, { code, signal })
  })
  return member
}

const channelOf = (worker: Worker) => ({
  send(message: object) {
    // It may be gone already: then nobody waits for this.
    if (worker.isConnected()) worker.send(message, () => undefined)
  },
  listen: (listener: (message: unknown) => void) => void worker.on('message', listener),
})
