import type { Logger } from 'pino'

/** One line that is written over, on a terminal; a line now and then where it is none. */
export const progressLine = (what: string, complain: (line: string) => void) => {
  const terminal = process.stderr.isTTY
  let said = 0
  return {
    show: (done: number, total: number) => {
      if (terminal) process.stderr.write(`\r${what}: ${done} of ${total}`)
      else if (done === total || Date.now() - said > 5_000) {
        complain(`${what}: ${done} of ${total}`)
        said = Date.now()
      }
    },
    clear: () => {
      if (terminal) process.stderr.write('\r\x1b[K')
    },
  }
}

/** So many examples are encoded before anybody notices. */
const FEW = 20
/** A log that says nothing for longer looks like a gateway that hangs. */
const SILENCE_MS = 10_000

/**
 * What a gateway says of encoding: a terminal that waits for the start sees how far it is. Later, and where nobody
 * watches, nothing but lines of the log belongs there.
 */
export const encodingProgress = (
  log: Pick<Logger, 'info'>,
  complain: (line: string) => void,
  now: () => number = Date.now,
) => {
  let line = process.stderr.isTTY ? progressLine('encoding examples', complain) : undefined
  let said = now()
  const tell = (done: number, total: number) => {
    said = now()
    log.info({ encoded: done, of: total }, 'new examples are encoded')
  }
  return {
    show(done: number, total: number) {
      if (line !== undefined) return line.show(done, total)
      if (done === total ? total > FEW : now() - said > SILENCE_MS) tell(done, total)
    },
    started() {
      line?.clear()
      line = undefined
    },
  }
}
