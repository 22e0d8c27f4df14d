import { GatewayError } from '../errors.ts'
import type { Policy } from './policy.ts'
import { Leaving } from './signal.ts'

/**
 * Limits how long a call may take to settle. Then timer and listener are gone: a stream that began in time is never
 * cut by this deadline, and who does not want it any more gives the stream itself up.
 *
 * One timer, one signal, one listener a call. Not `AbortSignal.any`, which costs five times as much and leaves
 * weak references behind for the collector.
 */
export const timeout =
  (timeoutMs: number, what: string): Policy =>
  call =>
  (signal, about) =>
    new Promise((resolve, reject) => {
      const inner = new Leaving()
      let late: GatewayError | undefined
      const leave = () => inner.leave(signal.reason)
      const settled = () => {
        clearTimeout(timer)
        signal.removeEventListener('abort', leave)
      }
      const timer = setTimeout(() => {
        settled()
        late = expired(timeoutMs, what)
        inner.leave(late)
        // One turn for the call to say what it was waiting for; one that ignores its signal is left behind.
        setImmediate(reject, late)
      }, timeoutMs)
      if (signal.aborted) leave()
      else signal.addEventListener('abort', leave)
      call(inner, about).then(
        value => {
          settled()
          resolve(value)
        },
        error => {
          settled()
          reject(late === undefined || error instanceof GatewayError ? error : late)
        },
      )
    })

const expired = (timeoutMs: number, what: string) =>
  new GatewayError('expert_timeout', `${what} did not answer within ${timeoutMs / 1000} s.`)
