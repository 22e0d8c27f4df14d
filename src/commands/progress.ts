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
