/** One attempt at something, with what it is about; the signal says when nobody waits for it any more. */
export type Call<T, About = void> = (signal: AbortSignal, about: About) => Promise<T>

/** Wraps a call in a call of the same shape, so that policies stack in any order: once, not for every request. */
export type Policy = <T, About = void>(call: Call<T, About>) => Call<T, About>

/** compose(retry, breaker, timeout): retry around breaker around timeout. */
export const compose =
  (...policies: Policy[]): Policy =>
  call =>
    policies.reduceRight((inner, policy) => policy(inner), call)
