export type Alarm = {
  ring(): void
  /** Until it rings, or the time is over. A ring that came before the wait counts. */
  wait(ms: number | undefined): Promise<void>
}

/** Wakes one waiting loop; leaves no timer behind. */
export const createAlarm = (): Alarm => {
  let rung = false
  let wake: (() => void) | undefined
  return {
    ring() {
      rung = true
      wake?.()
    },
    async wait(ms) {
      if (!rung) {
        await new Promise<void>(resolve => {
          const timer = ms === undefined ? undefined : setTimeout(resolve, ms)
          wake = () => {
            clearTimeout(timer)
            resolve()
          }
        })
      }
      rung = false
      wake = undefined
    },
  }
}
