import type { Account } from '../events.ts'

export type SideReport = {
  readonly answers: number
  /** 5xx, or a stream that broke off. */
  readonly failures: number
  /** 4xx: refused by us, or by the expert. */
  readonly refused: number
  /** Until the first byte, of the last thousand answers. */
  readonly p50Ms: number | null
  readonly p95Ms: number | null
}

export type Side = { add(account: Account): void; report(): SideReport }

const SAMPLES = 1_000
const LEFT = 499

/** How one of two maps fares with what it was given. */
export const createSide = (): Side => {
  const count = { answers: 0, failures: 0, refused: 0 }
  const times: number[] = []
  return {
    add({ status, outcome, ms }) {
      if (status === LEFT || outcome === 'left') return
      if (status >= 500 || outcome === 'truncated') count.failures++
      else if (status >= 400) count.refused++
      else {
        times[count.answers % SAMPLES] = ms
        count.answers++
      }
    },
    report: () => ({ ...count, p50Ms: quantile(times, 0.5), p95Ms: quantile(times, 0.95) }),
  }
}

const quantile = (values: readonly number[], share: number): number | null => {
  const sorted = [...values].sort((a, b) => a - b)
  const value = sorted[Math.ceil(share * sorted.length) - 1]
  return value === undefined ? null : Math.round(value * 10) / 10
}
