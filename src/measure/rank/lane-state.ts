import type { Alarm } from './alarm.ts'
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
  /** It has its answer, or is left open. */
  onSettled(job: Job): void
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

export type Waiting = {
  readonly job: Job
  readonly tries: number
  readonly notBefore: number
  readonly last: string
}

/** One expert's questions, and how they stand. */
export type State = {
  readonly deps: LaneDeps
  readonly stops: Stops
  readonly alarm: Alarm
  /** The next to be asked is the last. */
  readonly ready: Waiting[]
  later: Waiting[]
  readonly open: Map<Job, string>
  underWay: number
  refusedInVain: number
  /** Somebody decides, while it runs, what is asked next. */
  expectsMore: boolean
  stopped: string | undefined
  /** No failure of the expert: the disk is full, say. */
  broken: unknown
}

export const leaveOpen = ({ open, deps }: State, job: Job, because: string) => {
  open.set(job, because)
  deps.onSettled(job)
}
