export type Watch = {
  /** Somebody is waited for from now on. */
  wait(): void
  /** They came: nobody is waited for until the next `wait`. */
  rest(): void
  stop(): void
}

/**
 * Tells when one wait of many has lasted too long. A single timer looks whether the wait of that moment is too old,
 * so that what is waited for again and again, like the chunks of a stream, costs no timer each.
 */
export const createWatch = (limitMs: number, onTooLong: () => void): Watch => {
  let since: number | undefined
  let timer: NodeJS.Timeout | undefined
  let stopped = false

  const look = () => {
    timer = undefined
    if (since === undefined) return
    const leftMs = since + limitMs - performance.now()
    if (leftMs > 0) timer = setTimeout(look, Math.ceil(leftMs))
    else onTooLong()
  }
  return {
    wait() {
      // What was still on its way when it was stopped starts nothing: who would stop that?
      if (stopped) return
      since = performance.now()
      timer ??= setTimeout(look, limitMs)
    },
    rest() {
      since = undefined
    },
    stop() {
      stopped = true
      since = undefined
      clearTimeout(timer)
    },
  }
}
