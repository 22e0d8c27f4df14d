import type { Stops } from '../measure/rank/lane-state.ts'

/** So long what is under way is waited for. */
const GRACE_MS = 20_000

/** Ctrl-C once: begin nothing new, finish what is under way. Twice, or after a while: end that too. */
export const interruptions = (complain: (text: string) => void): Stops & { end(): void } => {
  const [soon, now] = [new AbortController(), new AbortController()]
  let timer: NodeJS.Timeout | undefined
  const onSignal = (signal: NodeJS.Signals) => {
    if (soon.signal.aborted) {
      now.abort()
      return
    }
    complain(`${signal}: waiting for the calls under way; once more ends them.`)
    timer = setTimeout(() => now.abort(), GRACE_MS)
    soon.abort()
  }
  process.on('SIGINT', onSignal)
  process.on('SIGTERM', onSignal)
  return {
    soon: soon.signal,
    now: now.signal,
    end() {
      clearTimeout(timer)
      process.off('SIGINT', onSignal)
      process.off('SIGTERM', onSignal)
    },
  }
}
