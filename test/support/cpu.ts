import { existsSync, readFileSync } from 'node:fs'

const TOLD_BY_LINUX = '/proc/thread-self/schedstat'

/**
 * What this thread has computed so far, in milliseconds: unlike the clock, it stands still while others have the CPU.
 * Where the system does not tell, the clock must do.
 */
export const cpuMs = existsSync(TOLD_BY_LINUX)
  ? () => Number.parseInt(readFileSync(TOLD_BY_LINUX, 'utf8'), 10) / 1e6
  : () => performance.now()

/** How long the event loop is held up by turns of our own, not by a machine with other things to do. */
export const watchTurns = () => {
  const turns: number[] = []
  let before = cpuMs()
  const timer = setInterval(() => {
    const now = cpuMs()
    turns.push(now - before)
    before = now
  }, 5)
  return {
    percentile(share: number) {
      clearInterval(timer)
      return turns.sort((a, b) => a - b)[Math.floor((turns.length * share) / 100)]
    },
  }
}
