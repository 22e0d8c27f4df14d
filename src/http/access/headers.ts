import type { Standing } from './limits.ts'

/** OpenAI's headers: how many requests a key has, how many are left, and when all of them will be there again. */
export const limitHeaders = ({ amount, remaining, resetMs }: Standing): Record<string, string> => ({
  'x-ratelimit-limit-requests': String(amount),
  'x-ratelimit-remaining-requests': String(remaining),
  'x-ratelimit-reset-requests': inUnits(resetMs),
})

/** `120ms`, `8.64s`, `6m0s`, `1h0m0s`: rounded up, so that nobody comes too early. */
export const inUnits = (milliseconds: number): string => {
  const ms = Math.ceil(milliseconds)
  if (ms < 1_000) return `${ms}ms`
  const seconds = `${(ms % 60_000) / 1_000}s`
  const minutes = Math.floor(ms / 60_000)
  if (minutes === 0) return seconds
  return minutes < 60 ? `${minutes}m${seconds}` : `${Math.floor(minutes / 60)}h${minutes % 60}m${seconds}`
}
