import { describe } from '../../errors.ts'
import { failed } from './after-failure.ts'
import { createAlarm } from './alarm.ts'
import { failureOf } from './failure.ts'
import type { Job, LaneDeps, LaneEnd, State, Stops, Waiting } from './lane-state.ts'
import type { Reply } from './measurement.ts'

const LOOK_MS = { busy: 1_000, idle: 5 }

export type Lane = {
  run(): Promise<LaneEnd>
  /** Something outside has changed: look again. */
  wake(): void
  add(job: Job): void
  /** Nothing more is added. */
  finish(): void
}

/**
 * Asks one expert everything, within its limits. What fails in passing is asked again after a while, up to a bound;
 * then it is left open, and never counted as an answer.
 */
export const createLane = (jobs: readonly Job[] | 'to come', deps: LaneDeps, stops: Stops): Lane => {
  const alarm = createAlarm()
  const state: State = {
    deps,
    stops,
    alarm,
    ready: jobs === 'to come' ? [] : jobs.map(fresh).reverse(),
    later: [],
    open: new Map(),
    underWay: 0,
    refusedInVain: 0,
    expectsMore: jobs === 'to come',
    stopped: undefined,
    broken: undefined,
  }
  return {
    run: () => run(state),
    wake: alarm.ring,
    add(job) {
      state.ready.unshift(fresh(job))
      alarm.ring()
    },
    finish() {
      state.expectsMore = false
      alarm.ring()
    },
  }
}

const fresh = (job: Job): Waiting => ({ job, tries: 0, notBefore: 0, last: 'not asked' })

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
    const isIdle = state.stopped !== undefined || state.ready.length + state.later.length === 0
    const isDone = isIdle && (state.stopped !== undefined || !state.expectsMore)
    if (isDone && state.underWay === 0) break
    await alarm.wait(isIdle ? undefined : nextInMs(state))
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
  deps.onSettled(waiting.job)
}
