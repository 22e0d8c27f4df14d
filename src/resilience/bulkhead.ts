import { GatewayError } from '../errors.ts'

export type BulkheadOptions = { concurrency: number; queue: number; what: string }

export type Bulkhead = {
  /**
   * Takes a place, waiting in order while all are taken; resolves with what gives it back. Not a policy,
   * because a stream keeps its place long after the call that opened it has settled.
   */
  enter(signal: AbortSignal): Promise<() => void>
  /** While it is drained nobody enters and whoever waits is sent away; those inside finish. */
  drain(on: boolean): void
  isDraining(): boolean
  inFlight(): number
  queued(): number
}

type Waiter = { go(): void; sendAway(error: unknown): void }

/** Limits how many run at once; a bounded number waits in order, the rest is refused at once. */
export const bulkhead = ({ concurrency, queue, what }: BulkheadOptions): Bulkhead => {
  let running = 0
  let draining = false
  const waiting = new Set<Waiter>()

  /** A place goes straight to who waited longest, so that nobody overtakes. */
  const exitOnce = () => {
    let left = false
    return () => {
      if (left) return
      left = true
      const [next] = waiting
      if (next === undefined) running--
      else next.go()
    }
  }
  const turn = (signal: AbortSignal) =>
    new Promise<void>((resolve, reject) => {
      const over = () => {
        waiting.delete(waiter)
        signal.removeEventListener('abort', leave)
      }
      const waiter: Waiter = {
        go() {
          over()
          resolve()
        },
        sendAway(error) {
          over()
          reject(error)
        },
      }
      const leave = () => waiter.sendAway(isDeadline(signal.reason) ? noPlace(what) : signal.reason)
      waiting.add(waiter)
      signal.addEventListener('abort', leave)
    })

  return {
    enter(signal) {
      if (signal.aborted) return Promise.reject(signal.reason)
      if (draining) return Promise.reject(drained(what))
      if (running < concurrency) {
        running++
        return Promise.resolve(exitOnce())
      }
      if (waiting.size < queue) return turn(signal).then(exitOnce)
      return Promise.reject(full(what, running, waiting.size))
    },
    drain(on) {
      draining = on
      if (on) for (const waiter of [...waiting]) waiter.sendAway(drained(what))
    },
    isDraining: () => draining,
    inFlight: () => running,
    queued: () => waiting.size,
  }
}

const busy = (message: string) => new GatewayError('expert_busy', message)

const drained = (what: string) => busy(`${what} is being drained and takes no new requests.`)

const full = (what: string, running: number, waiting: number) =>
  busy(`${what} has ${running} requests running and ${waiting} waiting.`)

/** Whoever waits so long in our own queue was never asked: the expert has not failed. */
const noPlace = (what: string) => busy(`${what} had no place free in time.`)

const isDeadline = (reason: unknown) => reason instanceof GatewayError && reason.code === 'expert_timeout'
