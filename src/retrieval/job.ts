/** Runs something later unless it is called off before. */
export type Timer = (ms: number, then: () => void) => () => void

export const timer: Timer = (ms, then) => {
  const armed = setTimeout(then, ms)
  return () => clearTimeout(armed)
}

export type Job = {
  readonly kind: 'nearest' | 'embed'
  readonly text: string
  /** A job whose worker died under it is given to another one, once. */
  tries: number
  resolve(value: never): void
  reject(error: Error): void
  isSettled(): boolean
}

type Given = Pick<Job, 'kind' | 'text' | 'resolve' | 'reject'> & { readonly signal: AbortSignal }

/** Settles once, and listens to the client's leaving for exactly as long as it is open. */
export const createJob = (given: Given, onSettled: () => void): Job => {
  const { kind, text, signal } = given
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
  return { kind, text, tries: 0, resolve: once(given.resolve), reject, isSettled: () => settled }
}
