import { describe } from '../../errors.ts'
import { type Alarm, createAlarm } from './alarm.ts'
import { type Failure, failureOf } from './failure.ts'
import type { Reply } from './measurement.ts'
import type { Pace } from './pace.ts'
import type { RankQuestion } from './questions.ts'

/** One question for one expert. */
export type Job = { readonly key: string; readonly question: RankQuestion }

export type LaneDeps = {
  readonly pace: Pace
  ask(job: Job, signal: AbortSignal): Promise<Reply>
  /** Resolves when the answer is on the disk. */
  keep(job: Job, reply: Reply): Promise<void>
  /** What a call for it may cost, set aside; `wait` for calls under way to be paid, or `empty`. */
  afford(job: Job): number | 'wait' | 'empty'
  pay(setAside: number, reply: Reply | undefined): void
  onFailed(): void
  readonly now: () => number
  readonly random: () => number
}

export type LaneEnd = {
  /** Why no more was asked of this expert, if it was not done. */
  readonly stopped: string | undefined
  /** Questions that have no answer, with the last thing that went wrong. */
  readonly open: ReadonlyMap<Job, string>
}

export type Stops = {
  /** Ask nothing more, but wait for what is under way: it is paid for. */
  readonly soon: AbortSignal
  /** Give up what is under way as well. */
  readonly now: AbortSignal
}

const MAX_TRIES = 5
const FIRST_DELAY_MS = 250
const MAX_DELAY_MS = 15_000
/** Nobody waits longer at an expert's request: the next run will. */
const MAX_ASKED_WAIT_MS = 60_000
const BREAKER_REST_MS = 1_000
/** An expert that has never answered is a mistake in the map more often than an outage. */
const PATIENCE_MS = { never: 15_000, once: 120_000 }
/** So many questions refused, and not one answered: it is not the questions. */
const REFUSED_IN_VAIN = 5

const LOOK_MS = { busy: 1_000, idle: 5 }

type Waiting = {
  readonly job: Job
  readonly tries: number
  readonly notBefore: number
  readonly last: string
}

type State = {
  readonly deps: LaneDeps
  readonly stops: Stops
  readonly alarm: Alarm
  /** The next to be asked is the last. */
  readonly ready: Waiting[]
  later: Waiting[]
  readonly open: Map<Job, string>
  underWay: number
  refusedInVain: number
  stopped: string | undefined
  /** No failure of the expert: the disk is full, say. */
  broken: unknown
}

/**
 * Asks one expert everything, within its limits. What fails in passing is asked again after a while, up to a bound;
 * then it is left open, and never counted as an answer.
 */
export const createLane = (jobs: readonly Job[], deps: LaneDeps, stops: Stops) => {
  const alarm = createAlarm()
  const state: State = {
    deps,
    stops,
    alarm,
    ready: jobs.map(job => ({ job, tries: 0, notBefore: 0, last: 'not asked' })).reverse(),
    later: [],
    open: new Map(),
    underWay: 0,
    refusedInVain: 0,
    stopped: undefined,
    broken: undefined,
  }
  return { run: () => run(state), wake: alarm.ring }
}

const run = async (state: State): Promise<LaneEnd> => {
  const { alarm, stops, open } = state
  const onAbort = () => {
    state.stopped ??= 'interrupted'
    alarm.ring()
  }
  stops.soon.addEventListener('abort', onAbort)
  if (stops.soon.aborted) onAbort()
  for (;;) {
    while (state.stopped === undefined && begin(state)) {
      // As many as there are places.
    }
    const isDone = state.stopped !== undefined || state.ready.length + state.later.length === 0
    if (isDone && state.underWay === 0) break
    await alarm.wait(isDone ? undefined : nextInMs(state))
  }
  stops.soon.removeEventListener('abort', onAbort)
  if (state.broken !== undefined) throw state.broken
  for (const { job, last } of [...state.ready, ...state.later]) open.set(job, last)
  return { stopped: state.stopped, open }
}

/** Whether one more call was begun. */
const begin = (state: State): boolean => {
  const { deps } = state
  if (state.underWay >= deps.pace.places()) return false
  const due = state.later.filter(({ notBefore }) => notBefore <= deps.now())
  if (due.length > 0) {
    state.later = state.later.filter(waiting => !due.includes(waiting))
    state.ready.push(...due)
  }
  const next = state.ready.at(-1)
  if (next === undefined) return false
  const money = deps.afford(next.job)
  if (money === 'empty') state.stopped = 'one more answer may cost more than is left'
  if (typeof money === 'string') return false
  state.ready.pop()
  state.underWay++
  void one(state, next, money)
    .catch(error => {
      state.broken ??= error
      state.stopped ??= `its answers cannot be written down: ${describe(error)}`
    })
    .finally(() => {
      state.underWay--
      state.alarm.ring()
    })
  return true
}

/**
 * Until a pause or a delay is over, or a call has ended, which rings. Never without an end: what the clock did since it
 * was last looked at must not leave a lane asleep.
 */
const nextInMs = ({ ready, later, deps, underWay }: State): number => {
  const due = ready.length > 0 ? 0 : Math.min(...later.map(({ notBefore }) => notBefore)) - deps.now()
  const ms = Math.max(due, deps.pace.pausedMs())
  return ms > 0 ? ms : underWay > 0 ? LOOK_MS.busy : LOOK_MS.idle
}

const one = async (state: State, waiting: Waiting, money: number) => {
  const { deps, stops } = state
  let reply: Reply | undefined
  try {
    // A signal of its own: many listeners on one look like a leak.
    reply = await deps.ask(waiting.job, AbortSignal.any([stops.now]))
  } catch (thrown) {
    deps.pay(money, undefined)
    if (stops.now.aborted) state.ready.push(waiting)
    else failed(state, waiting, failureOf(thrown))
    return
  }
  deps.pay(money, reply)
  deps.pace.answered()
  await deps.keep(waiting.job, reply)
}

const failed = (state: State, waiting: Waiting, failure: Failure) => {
  if (failure.kind !== 'busy') state.deps.onFailed()
  switch (failure.kind) {
    case 'busy':
      state.deps.pace.rest(BREAKER_REST_MS)
      state.ready.push(waiting)
      giveUpIfVain(state, waiting.last)
      return
    case 'broken':
      state.stopped ??= failure.message
      state.open.set(waiting.job, failure.message)
      return
    case 'refused':
      refused(state, waiting, failure)
      return
    default:
      again(state, waiting, failure)
  }
}

const refused = (state: State, { job }: Waiting, { message }: Failure) => {
  state.open.set(job, message)
  if (!state.deps.pace.everAnswered() && ++state.refusedInVain >= REFUSED_IN_VAIN) state.stopped ??= message
}

const again = (state: State, waiting: Waiting, { kind, message, retryAfterMs = 0 }: Failure) => {
  const { pace, now, random } = state.deps
  pace.failed()
  if (retryAfterMs > MAX_ASKED_WAIT_MS) {
    state.stopped ??= `${message} It asks to be left alone for ${Math.ceil(retryAfterMs / 1000)} s.`
  }
  if (kind === 'limited' || retryAfterMs > 0) pace.tooMuch(retryAfterMs || undefined)
  // A refusal of too many at once says nothing of this question.
  const tries = waiting.tries + (kind === 'limited' ? 0.5 : 1)
  const delayMs = Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** tries * (0.5 + random()))
  if (tries >= MAX_TRIES) state.open.set(waiting.job, message)
  else state.later.push({ ...waiting, tries, notBefore: now() + delayMs, last: message })
  giveUpIfVain(state, message)
}

const giveUpIfVain = (state: State, message: string) => {
  const { pace } = state.deps
  const failingMs = pace.failingMs()
  if (failingMs < (pace.everAnswered() ? PATIENCE_MS.once : PATIENCE_MS.never)) return
  state.stopped ??= `Nothing but failures for ${Math.round(failingMs / 1000)} s. ${message}`
}
