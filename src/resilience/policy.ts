/** One attempt at something; the signal says when nobody waits for it any more. */
export type Call<T> = (signal: AbortSignal) => Promise<T>

/** Wraps a call in a call of the same shape, so that policies stack in any order. */
export type Policy = <T>(call: Call<T>) => Call<T>

/** compose(retry, breaker, timeout): retry around breaker around timeout. */
export const compose =
  (...policies: Policy[]): Policy =>
  call =>
    policies.reduceRight((inner, policy) => policy(inner), call)
