import { createHash } from 'node:crypto'
import type { Prompt } from '../../experts/model.ts'

/**
 * What makes two measurements the same one: the same model at the same address was shown the same words. Ids, keys,
 * prices and the right answer are not part of it, so that none of them ever costs a call.
 */
export const measurementKey = (
  { url, model }: { url: string; model: string },
  { system, user }: Prompt,
): string =>
  createHash('sha256')
    .update(JSON.stringify([url.replace(/\/+$/, ''), model, system, user]))
    .digest('hex')
    .slice(0, 32)

export type Usage = {
  readonly input: number
  readonly output: number
  /** The endpoint did not say: reckoned by the length of the texts. */
  readonly estimated?: true
}

/** What an expert said to one question, as it is written down. */
export type Reply = {
  readonly text: string
  readonly usage: Usage
  readonly ms: number
}
