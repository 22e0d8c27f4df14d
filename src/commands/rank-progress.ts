import { money } from '../measure/rank/report.ts'
import type { RankProgress } from '../measure/rank/watch.ts'

/** A terminal is written over at most so often; elsewhere a line now and then is enough. */
const EVERY_MS = { terminal: 100, lines: 5_000 }

/** One line on standard error: how far it is, what it has cost, how long it will take. */
export const rankProgress = (complain: (line: string) => void) => {
  const terminal = process.stderr.isTTY
  let said = 0
  return {
    show(progress: RankProgress) {
      const now = Date.now()
      const every = terminal ? EVERY_MS.terminal : EVERY_MS.lines
      if (now - said < every && !(terminal && progress.done === progress.total)) return
      said = now
      if (terminal) process.stderr.write(`\r\x1b[K${inWords(progress)}`)
      else if (progress.elapsedMs >= every) complain(inWords(progress))
    },
    clear() {
      if (terminal) process.stderr.write('\r\x1b[K')
    },
  }
}

export const inWords = ({ done, total, asked, failedCalls, elapsedMs, cost }: RankProgress): string =>
  [
    `${done} of ${total} answers`,
    ...(failedCalls > 0 ? [`${failedCalls} failed calls`] : []),
    ...(cost === undefined ? [] : [`${money(cost.spent)} of about ${money(cost.expected)}`]),
    ...(asked > 0 && done < total ? [`${timeOf((elapsedMs / asked) * (total - done))} left`] : []),
  ].join(', ')

const timeOf = (ms: number): string => {
  const seconds = Math.ceil(ms / 1000)
  if (seconds < 100) return `${seconds} s`
  const minutes = Math.ceil(seconds / 60)
  return minutes < 100 ? `${minutes} min` : `${(minutes / 60).toFixed(1)} h`
}
