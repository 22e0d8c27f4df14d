/** A question is looked at by its words first; it is encoded only where these are not enough. */

import { type Known, keepContent } from './before.ts'
import { fitKnown, fitProbability, type Judged, type Judgement } from './calibrate.ts'
import { essenceOf } from './essence.ts'
import { judgeBoth } from './judge.ts'
import { fitAside, fitHere, headOf } from './kept-head.ts'
import type { Enough, Found } from './protocol.ts'
import { asText, forEncoder } from './text.ts'
import {
  type Calibration,
  type Context,
  castVote,
  type Near,
  NO_VECTOR,
  represent,
  type Voter,
  voterOf,
  type Words,
  withoutVectors,
  wordsOf,
} from './vote.ts'

/** The whole vote, and the same by words alone; without an encoder there is nothing but words. */
export type Stages = { readonly whole: Voter; readonly words: Voter | undefined }

/** Both as they vote. */
export const stagesOf = async (context: Context, near: Near, known: Known): Promise<Stages> => {
  const { labels } = context
  const tasks = context.tasks.length
  const represented = represent(context)
  const { features } = represented
  const bare = withoutVectors({ features, context })
  // Begun first: it is fitted beside this thread where that pays.
  const fittingWords =
    context.dims === 0
      ? undefined
      : headOf('words', known, { features: bare.features, labels, tasks }, fitAside)
  const [byWords, head] = await Promise.all([
    fittingWords,
    headOf('head', known, { features, labels, tasks }, fitHere),
  ])
  const whole = voterOf(context, represented, head, near)
  return { whole, words: byWords && { ...whole, ...bare, head: byWords } }
}

/** Of the same context all is known; of nearly the same, all but what is new. */
export const judgedBy = async (
  { whole, words }: Stages,
  { kept, name, before }: Known,
  { keys, k }: { readonly keys: readonly string[]; readonly k: number },
): Promise<Judged[]> => {
  if (before?.name === name) return [...before.judged]
  const judged = await judgeBoth(whole, words, k, before)
  await keepContent(kept, name, { changed: before?.changed ?? 0, keys, judged })
  return judged
}

const calibrationOf = (judged: readonly Judgement[]): Calibration => ({
  probability: fitProbability(judged),
  known: fitKnown(judged.map(({ familiarity }) => familiarity)),
})

type Encode = (text: string) => Promise<Float32Array>

/** How a worker finds the nearest examples of what was asked; without an encoder by words alone. */
export const createNearest = (
  { whole, words }: Stages,
  judged: readonly Judged[],
  k: number,
  encode: Encode | undefined,
) => {
  const calibration = calibrationOf(judged)
  const byWords = words && {
    voter: words,
    calibration: calibrationOf(judged.flatMap(one => one.words ?? [])),
  }
  /** The vote by words, where it is enough. */
  const unmistakable = (asked: Words, enough: Enough | undefined) => {
    if (byWords === undefined || enough === undefined) return undefined
    const voted = castVote(byWords.voter, byWords.calibration, asked, NO_VECTOR, k)
    return voted.margin >= enough.margin && voted.known >= enough.known ? voted : undefined
  }
  return async (asked: string, enough?: Enough): Promise<Found> => {
    const began = performance.now()
    const text = asText(essenceOf(asked))
    const said = wordsOf(whole, text)
    const voted = unmistakable(said, enough)
    const looked = performance.now()
    if (voted !== undefined) return { ...voted, byWords: true, tookMs: { encode: 0, search: looked - began } }
    const vector = encode === undefined ? NO_VECTOR : await encode(forEncoder(text))
    const encoded = encode === undefined ? looked : performance.now()
    const both = castVote(whole, calibration, said, vector, k)
    const search = looked - began + performance.now() - encoded
    return { ...both, tookMs: { encode: encoded - looked, search } }
  }
}
