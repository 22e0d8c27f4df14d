import { GatewayError } from '../errors.ts'
import type { Policy } from './policy.ts'

/**
 * Limits how long a call may take to settle. The timer is disarmed as soon as it has: a stream that began
 * in time is never cut by this deadline.
 */
export const timeout =
  (timeoutMs: number, what: string): Policy =>
  call =>
  async signal => {
    const deadline = new AbortController()
    const timer = setTimeout(() => deadline.abort(), timeoutMs)
    try {
      return await settleOrAbort(call(AbortSignal.any([signal, deadline.signal])), deadline.signal, () =>
        expired(timeoutMs, what),
      )
    } catch (error) {
      throw deadline.signal.aborted && !signal.aborted ? expired(timeoutMs, what, error) : error
    } finally {
      clearTimeout(timer)
    }
  }

const expired = (timeoutMs: number, what: string, cause?: unknown) =>
  cause instanceof GatewayError && cause.code === 'expert_timeout'
    ? cause
    : new GatewayError('expert_timeout', `${what} did not answer within ${timeoutMs / 1000} s.`, { cause })

/** A call that ignores its signal is left behind rather than waited for. */
const settleOrAbort = <T>(work: Promise<T>, signal: AbortSignal, reason: () => Error): Promise<T> =>
  new Promise((resolve, reject) => {
    const onAbort = () => reject(reason())
    signal.addEventListener('abort', onAbort, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort))
  })
