import type { Account, Events } from '../routing/events.ts'

/** One minute of an expert. */
export type Minute = {
  readonly minute: number
  answered: number
  failed: number
  tokens: number
  readonly waits: Uint32Array
}

export type Figures = {
  /** In the last hour. */
  readonly answered: number
  readonly failed: number
  readonly tokens: number
  readonly p50Ms: number | null
  readonly p95Ms: number | null
  /** By minute, the oldest first; minutes without calls are left out. */
  readonly history: readonly {
    readonly at: string
    readonly answered: number
    readonly failed: number
    readonly p50Ms: number | null
  }[]
}

export type ExpertFigures = {
  readonly events: Pick<Events, 'expertAnswered' | 'expertFailed'> & { answered(account: Account): void }
  of(expert: string): Figures
  /** What they are made from, to be put together with those of other processes. */
  minutes(expert: string): readonly Minute[]
}

const MINUTES = 60
/** Waits are counted in steps of 15 %: enough to see, and always the same little memory. */
const STEP = Math.log(1.15)
const STEPS = 100
/** Experts come and go with the maps; of so many something is remembered. */
const MOST_EXPERTS = 1_000

/** What each expert did in the last hour, minute by minute, in bounded memory. */
export const createExpertFigures = (now: () => number = Date.now): ExpertFigures => {
  const experts = new Map<string, Minute[]>()
  const minuteNow = () => Math.floor(now() / 60_000)
  const minutesOf = (id: string): Minute[] => {
    const known = experts.get(id)
    if (known !== undefined) return known
    const [first] = experts.keys()
    if (first !== undefined && experts.size >= MOST_EXPERTS) experts.delete(first)
    const fresh: Minute[] = []
    experts.set(id, fresh)
    return fresh
  }
  const thisMinute = (id: string): Minute => {
    const minutes = minutesOf(id)
    const minute = minuteNow()
    const last = minutes.at(-1)
    if (last?.minute === minute) return last
    const fresh = { minute, answered: 0, failed: 0, tokens: 0, waits: new Uint32Array(STEPS) }
    minutes.push(fresh)
    if (minutes.length > MINUTES) minutes.shift()
    return fresh
  }
  const minutes = (id: string) =>
    (experts.get(id) ?? []).filter(({ minute }) => minute > minuteNow() - MINUTES)
  return {
    minutes,
    events: {
      expertAnswered(id, ms) {
        const minute = thisMinute(id)
        minute.answered++
        const step = Math.min(STEPS - 1, Math.max(0, Math.round(Math.log(ms) / STEP)))
        minute.waits[step] = (minute.waits[step] ?? 0) + 1
      },
      expertFailed({ expert: id, code }) {
        // Who was not even asked, or asked for what cannot be, says nothing of an expert.
        if (code !== 'expert_busy' && code !== 'expert_rejected') thisMinute(id).failed++
      },
      answered({ expert, tokens }) {
        if (expert !== undefined && tokens !== undefined)
          thisMinute(expert).tokens += tokens.prompt + tokens.completion
      },
    },
    of: id => figuresOf(minutes(id)),
  }
}

/** Several processes' minutes as one's. */
export const minutesTogether = (all: readonly (readonly Minute[])[]): readonly Minute[] => {
  const sums = new Map<number, Minute>()
  for (const { minute, answered, failed, tokens, waits } of all.flat()) {
    const before = sums.get(minute)
    sums.set(minute, {
      minute,
      answered: answered + (before?.answered ?? 0),
      failed: failed + (before?.failed ?? 0),
      tokens: tokens + (before?.tokens ?? 0),
      waits: waits.map((count, step) => count + (before?.waits[step] ?? 0)),
    })
  }
  return [...sums.values()].sort((a, b) => a.minute - b.minute)
}

export const figuresOf = (minutes: readonly Minute[]): Figures => {
  const sum = (of: (minute: Minute) => number) => minutes.reduce((total, minute) => total + of(minute), 0)
  const waits = Uint32Array.from({ length: STEPS }, (_, step) => sum(minute => minute.waits[step] ?? 0))
  return {
    answered: sum(({ answered }) => answered),
    failed: sum(({ failed }) => failed),
    tokens: sum(({ tokens }) => tokens),
    p50Ms: quantile(waits, 0.5),
    p95Ms: quantile(waits, 0.95),
    history: minutes.map(({ minute, answered, failed, waits: own }) => ({
      at: new Date(minute * 60_000).toISOString(),
      answered,
      failed,
      p50Ms: quantile(own, 0.5),
    })),
  }
}

const quantile = (waits: Uint32Array, share: number): number | null => {
  const all = waits.reduce((sum, count) => sum + count, 0)
  if (all === 0) return null
  let seen = 0
  const step = waits.findIndex(count => {
    seen += count
    return seen >= share * all
  })
  return Math.round(Math.exp(step * STEP) * 10) / 10
}
