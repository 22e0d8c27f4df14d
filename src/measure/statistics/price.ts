import { type Choice, one, withinDoubt } from './choose.ts'
import { compare } from './compare.ts'
import type { Evidence } from './evidence.ts'
import { at } from './matrix.ts'
import type { Posterior } from './posterior.ts'

export type Prices = {
  /** By expert; one that nobody wrote down is infinite. */
  readonly prices: Float64Array
  /** Points of accuracy that a lower price may cost. */
  readonly within: number
}

/** For each task the cheapest expert that is surely enough not worse than the chosen one by more than `within` points. */
export const chooseByPrice = (
  evidence: readonly Evidence[],
  posterior: Posterior,
  choices: readonly Choice[],
  { prices, within }: Prices,
): number[] => {
  const chosen = choices.map(choice => choice.chosen)
  // The cheapest go first: a task that could not be moved to one of them is tried with the next dearer one.
  const byPrice = Array.from(prices.keys()).sort((a, b) => at(prices, a) - at(prices, b) || a - b)
  const settled = new Set<number>()
  for (const expert of byPrice) {
    const candidates = evidence.flatMap((_, task) => {
      const than = choices[task]?.chosen ?? expert
      if (settled.has(task) || at(prices, expert) >= at(prices, than)) return []
      const pairing = { expert, than, weights: one(task), by: -within / 100 }
      return [{ task, comparison: compare(posterior, pairing) }]
    })
    for (const task of withinDoubt(candidates)) {
      chosen[task] = expert
      settled.add(task)
    }
  }
  return chosen
}
