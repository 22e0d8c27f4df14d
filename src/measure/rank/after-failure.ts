import type { Failure } from './failure.ts'
import { leaveOpen, type State, type Waiting } from './lane-state.ts'

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

/** What a failed call means for its question, and for those that are still to be asked. */
export const failed = (state: State, waiting: Waiting, failure: Failure) => {
  if (failure.kind !== 'busy') state.deps.onFailed()
  switch (failure.kind) {
    case 'busy':
      state.deps.pace.rest(BREAKER_REST_MS)
      state.ready.push(waiting)
      giveUpIfVain(state, waiting.last)
      return
    case 'broken':
      state.stopped ??= failure.message
      leaveOpen(state, waiting.job, failure.message)
      return
    case 'refused':
      refused(state, waiting, failure)
      return
    default:
      again(state, waiting, failure)
  }
}

const refused = (state: State, { job }: Waiting, { message }: Failure) => {
  leaveOpen(state, job, message)
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
  if (tries >= MAX_TRIES) leaveOpen(state, waiting.job, message)
  else state.later.push({ ...waiting, tries, notBefore: now() + delayMs, last: message })
  giveUpIfVain(state, message)
}

const giveUpIfVain = (state: State, message: string) => {
  const { pace } = state.deps
  const failingMs = pace.failingMs()
  if (failingMs < (pace.everAnswered() ? PATIENCE_MS.once : PATIENCE_MS.never)) return
  state.stopped ??= `Nothing but failures for ${Math.round(failingMs / 1000)} s. ${message}`
}
