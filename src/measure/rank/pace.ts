/** How many questions one expert is asked at once, and when it is left in peace. */
export type Pace = {
  /** Places for now, 0 during a pause. */
  places(): number
  pausedMs(): number
  answered(): void
  /** It said that it is too much, or is not asked at all for a while. */
  tooMuch(askedToWaitMs: number | undefined): void
  rest(ms: number): void
  failed(): void
  /** How long nothing but failures has come. */
  failingMs(): number
  everAnswered(): boolean
}

const FIRST_PAUSE_MS = 500
const MAX_PAUSE_MS = 30_000

/**
 * Begins with one call, which tells whether anybody is there, and opens by one with each answer. When the expert says
 * that it is too much, half as many go on after a pause, and it opens again slowly.
 */
export const createPace = (most: number, now: () => number): Pace => {
  let [width, until, pauses] = [1, 0, 0]
  let careful = false
  let answeredOnce = false
  let failingSince: number | undefined
  const pause = (ms: number) => {
    until = Math.max(until, now() + ms)
  }
  return {
    places: () => (now() < until ? 0 : Math.floor(width)),
    pausedMs: () => Math.max(0, until - now()),
    answered() {
      width = Math.min(most, width + (careful ? 1 / width : 1))
      pauses = 0
      answeredOnce = true
      failingSince = undefined
    },
    tooMuch(askedToWaitMs) {
      // One wave of calls is refused together: that is one refusal.
      if (now() >= until) {
        width = Math.max(1, width / 2)
        careful = true
        pauses++
      }
      pause(askedToWaitMs ?? Math.min(MAX_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (pauses - 1)))
    },
    rest: pause,
    failed() {
      failingSince ??= now()
    },
    failingMs: () => (failingSince === undefined ? 0 : now() - failingSince),
    everAnswered: () => answeredOnce,
  }
}
