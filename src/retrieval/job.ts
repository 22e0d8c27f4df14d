import type { Asked } from './protocol.ts'

/** Runs something later unless it is called off before. */
export type Timer = (ms: number, then: () => void) => () => void

export const timer: Timer = (ms, then) => {
  const armed = setTimeout(then, ms)
  return () => clearTimeout(armed)
}

export type Job = {
  readonly asked: Asked
  /** Whose question it is. */
  readonly client: string
  /** A job whose worker died under it is given to another one, once. */
  tries: number
  resolve(value: never): void
  reject(error: Error): void
  isSettled(): boolean
}

type Given = Pick<Job, 'asked' | 'client' | 'resolve' | 'reject'> & { readonly signal: AbortSignal }

/** Settles once, and listens to the client's leaving for exactly as long as it is open. */
export const createJob = (given: Given, onSettled: () => void): Job => {
  const { asked, client, signal } = given
  let settled = false
  const once =
    <T>(settle: (value: T) => void) =>
    (value: T) => {
      if (settled) return
      settled = true
      signal.removeEventListener('abort', leave)
      onSettled()
      settle(value)
    }
  const reject = once(given.reject)
  const leave = () => reject(signal.reason)
  signal.addEventListener('abort', leave, { once: true })
  return { asked, client, tries: 0, resolve: once(given.resolve), reject, isSettled: () => settled }
}
