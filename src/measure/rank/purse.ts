import type { Usage } from './measurement.ts'

/** Per million tokens. */
export type Price = { readonly input: number; readonly output: number }

export const costOf = ({ input, output }: Usage, price: Price): number =>
  (input * price.input + output * price.output) / 1e6

export type Purse = {
  /** Sets aside what a call may cost, and says how much: `wait` while calls under way stand against it, else `empty`. */
  take(expert: string, guess: number): number | 'wait' | 'empty'
  /** Gives back what was set aside for one call, and pays what it came to. */
  settle(expert: string, setAside: number, cost: number): void
  spent(): number
}

/** Twice the dearest answer so far: answers of one expert to questions of one kind differ, but not without bounds. */
const CAUTION = 2

/** Money of a limited sum, or without limit. What earlier answers have cost is settled before the first call. */
export const createPurse = (limit = Number.POSITIVE_INFINITY): Purse => {
  let [spent, aside, underWay] = [0, 0, 0]
  const dearest = new Map<string, number>()
  return {
    take(expert, guess) {
      const seen = dearest.get(expert)
      const sum = seen === undefined ? guess : CAUTION * seen
      if (spent + aside + sum > limit) return underWay > 0 ? 'wait' : 'empty'
      aside += sum
      underWay++
      return sum
    },
    settle(expert, setAside, cost) {
      underWay = Math.max(0, underWay - 1)
      aside = underWay === 0 ? 0 : aside - setAside
      spent += cost
      if (cost > 0) dearest.set(expert, Math.max(cost, dearest.get(expert) ?? 0))
    },
    spent: () => spent,
  }
}
