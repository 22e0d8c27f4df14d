import type { Rate } from '../../knowledge/access-schema.ts'

export type Limit = { readonly rate: Rate | undefined; readonly concurrency: number | undefined }

/** How a key stands with its rate: what is left, and when all of it will be there again. */
export type Standing = { readonly amount: number; readonly remaining: number; readonly resetMs: number }

export type Admission =
  | { readonly admitted: true; readonly standing: Standing | undefined; release(): void }
  | {
      readonly admitted: false
      readonly exceeded: 'rate' | 'concurrency'
      readonly standing: Standing | undefined
      readonly retryAfterMs: number
    }

/** What the keys have used, by name, so that a changed map or a new key under an old name starts nothing afresh. */
export type Limits = {
  /** Asynchronous, because replicas will have to share it. Whoever is admitted releases when its answer is over. */
  admit(name: string, limit: Limit): Promise<Admission>
  /** Forgets all others but those that still have something running. */
  keep(names: ReadonlySet<string>): void
  size(): number
}

type Used = { tokens: number | undefined; at: number; running: number }

/** Nobody knows when a place becomes free; a second is what clients take for soon. */
const PLACE_RETRY_MS = 1_000

/** Sums of many small refills fall short of the whole number by less than this. */
const ROUNDING = 1e-6

export const createLimits = (now: () => number = () => performance.now()): Limits => {
  const byName = new Map<string, Used>()

  const usedBy = (name: string): Used => {
    const known = byName.get(name)
    if (known !== undefined) return known
    const used = { tokens: undefined, at: now(), running: 0 }
    byName.set(name, used)
    return used
  }

  return {
    async admit(name, { rate, concurrency }) {
      const used = usedBy(name)
      if (rate !== undefined) refill(used, rate, now())
      if (concurrency !== undefined && used.running >= concurrency) {
        return refused('concurrency', standingOf(used, rate), PLACE_RETRY_MS)
      }
      if (rate !== undefined) {
        const tokens = used.tokens ?? rate.amount
        if (tokens + ROUNDING < 1)
          return refused('rate', standingOf(used, rate), (1 - tokens) * tokenMs(rate))
        used.tokens = Math.max(0, tokens - 1)
      }
      used.running++
      return { admitted: true, standing: standingOf(used, rate), release: once(() => used.running--) }
    },
    keep(names) {
      for (const [name, { running }] of byName) if (running === 0 && !names.has(name)) byName.delete(name)
    },
    size: () => byName.size,
  }
}

/** A bucket holds the rate's amount and begins full. */
const refill = (used: Used, rate: Rate, time: number) => {
  const gained = (time - used.at) / tokenMs(rate)
  used.tokens = Math.min(rate.amount, (used.tokens ?? rate.amount) + gained)
  used.at = time
}

const tokenMs = ({ amount, perMs }: Rate) => perMs / amount

const standingOf = ({ tokens = 0 }: Used, rate: Rate | undefined): Standing | undefined =>
  rate && {
    amount: rate.amount,
    remaining: Math.floor(tokens + ROUNDING),
    resetMs: (rate.amount - tokens) * tokenMs(rate),
  }

const refused = (
  exceeded: 'rate' | 'concurrency',
  standing: Standing | undefined,
  retryAfterMs: number,
): Admission => ({ admitted: false, exceeded, standing, retryAfterMs })

const once = (work: () => void) => {
  let done = false
  return () => {
    if (!done) work()
    done = true
  }
}
