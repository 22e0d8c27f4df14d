import { GatewayError } from '../errors.ts'

export type BulkheadOptions = { concurrency: number; queue: number; what: string }

export type Bulkhead = {
  /**
   * Takes a place, waiting in order while all are taken; resolves with what gives it back. Not a policy,
   * because a stream keeps its place long after the call that opened it has settled.
   */
  enter(signal: AbortSignal): Promise<() => void>
  inFlight(): number
  queued(): number
}

type Waiter = { readonly go: () => void }

/** Limits how many run at once; a bounded number waits in order, the rest is refused at once. */
export const bulkhead = ({ concurrency, queue, what }: BulkheadOptions): Bulkhead => {
  let running = 0
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
      const leave = () => {
        waiting.delete(waiter)
        reject(signal.reason)
      }
      const waiter: Waiter = {
        go: () => {
          waiting.delete(waiter)
          signal.removeEventListener('abort', leave)
          resolve()
        },
      }
      waiting.add(waiter)
      signal.addEventListener('abort', leave, { once: true })
    })

  return {
    async enter(signal) {
      signal.throwIfAborted()
      if (running < concurrency) running++
      else if (waiting.size < queue) await turn(signal)
      else
        throw new GatewayError('expert_busy', `${what} has ${running} requests running and ${queue} waiting.`)
      return exitOnce()
    },
    inFlight: () => running,
    queued: () => waiting.size,
  }
}
