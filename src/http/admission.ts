import { GatewayError } from '../errors.ts'
import type { RefusedBecause, RequestEvents } from '../routing/events.ts'
import type { Limits } from './limits.ts'

/** Whether there is room for one more request, and who hears of it when there is not. */
export type Admission = {
  /** Takes a place, or throws before any work is done. Who got in must leave. */
  enter(): void
  leave(): void
  inFlight(): number
  /** Counts a refusal; the first of many says so in the log. */
  refused(because: RefusedBecause): void
  close(): void
}

export type AdmissionDeps = {
  readonly limits: Pick<Limits, 'inFlight' | 'delayMs'>
  readonly events: Pick<RequestEvents, 'refused' | 'refusing' | 'refusedEnough'>
  readonly now?: () => number
  readonly random?: () => number
  /** Calls back every so often; returns how to stop. The lateness of these calls is the event loop's delay. */
  readonly every?: (ms: number, tick: () => void) => () => void
}

const TICK_MS = 250
/** One late look is a pause; two running are a loop that cannot keep up. */
const LATE_LOOKS = 2
/** Nobody refused for this long, and the episode is over. */
const QUIET_MS = 10_000
/** Who was shed is let in again below this share of the mark: at the mark itself it would flicker. */
const LOW_WATER = 0.9

type Episode = { readonly since: number; last: number; count: number }

/** Beyond what it can do, the gateway says so at once rather than fall over: later requests wait elsewhere. */
export const createAdmission = (deps: AdmissionDeps): Admission => {
  const { limits, events, now = () => performance.now(), random = Math.random, every = onTimer } = deps
  const lateness = watchLateness(limits.delayMs)
  const episodes = new Map<RefusedBecause, Episode>()
  let inFlight = 0
  let full = false
  let looked = now()

  const look = () => {
    const at = now()
    lateness.seen(at - looked - TICK_MS)
    looked = at
    for (const [because, { since, last, count }] of episodes) {
      if (at - last < QUIET_MS) continue
      episodes.delete(because)
      events.refusedEnough(because, count, last - since)
    }
  }
  const refused = (because: RefusedBecause) => {
    const at = now()
    const episode = episodes.get(because)
    events.refused(because)
    if (episode === undefined) {
      episodes.set(because, { since: at, last: at, count: 1 })
      events.refusing(because)
    } else {
      episode.last = at
      episode.count++
    }
  }
  const stop = every(TICK_MS, look)
  return {
    enter() {
      full = inFlight >= limits.inFlight || (full && inFlight >= limits.inFlight * LOW_WATER)
      if (full || lateness.tooMuch()) {
        refused(full ? 'in_flight' : 'event_loop')
        throw overloaded(random)
      }
      inFlight++
    },
    leave() {
      inFlight--
    },
    inFlight: () => inFlight,
    refused,
    close: stop,
  }
}

/** Says later, and not the same to everybody: they would all be back at once. */
export const overloaded = (random: () => number = Math.random) =>
  new GatewayError('overloaded', 'The gateway has more to do than it can; try again in a moment.', {
    retryAfterMs: 1_000 + 4_000 * random(),
  })

/** Above the mark several times running, until below half of it as often. */
const watchLateness = (markMs: number) => {
  let late = false
  let looks = 0
  return {
    seen(ms: number) {
      const against = late ? ms < markMs / 2 : ms > markMs
      looks = against ? looks + 1 : 0
      if (looks < LATE_LOOKS) return
      late = !late
      looks = 0
    },
    tooMuch: () => late,
  }
}

const onTimer = (ms: number, tick: () => void) => {
  const timer = setInterval(tick, ms)
  timer.unref()
  return () => clearInterval(timer)
}
