import type { Interval } from '../../knowledge/wilson.ts'
import { seeded } from '../random.ts'

export type Estimate = { readonly accuracy: number; readonly ci: Interval }

const ROUNDS = 1_000

/** Where the means of these columns lie in 95 of 100 draws of as many questions; all columns by the same draws. */
export const estimatesOf = (columns: readonly Float32Array[], seed: number): Estimate[] => {
  const n = columns[0]?.length ?? 0
  const random = seeded(seed)
  const means = columns.map(() => new Float64Array(ROUNDS))
  const drawn = new Int32Array(n)
  for (let round = 0; round < ROUNDS; round++) {
    for (let i = 0; i < n; i++) drawn[i] = Math.floor(random() * n)
    columns.forEach((column, c) => {
      let sum = 0
      for (let i = 0; i < n; i++) sum += column[drawn[i] ?? 0] ?? 0
      const mine = means[c]
      if (mine !== undefined) mine[round] = sum / n
    })
  }
  return columns.map((column, c) => ({
    accuracy: column.reduce((sum, value) => sum + value, 0) / (n || 1),
    ci: middle(means[c] ?? new Float64Array(0)),
  }))
}

const middle = (values: Float64Array): Interval => {
  const sorted = values.sort()
  const at = (share: number) => sorted[Math.round(share * (sorted.length - 1))] ?? 0
  return [at(0.025), at(0.975)]
}
