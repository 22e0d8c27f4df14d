/** From which margins on the vote may decide alone, by judgements of a vote that had not seen the examples. */

import { binomialTail, type Judged, UNSURE } from './calibrate.ts'

/** The lowest margins that decide; undefined where nothing can be promised. */
export type Thresholds = {
  /** Of the whole vote. */
  readonly whole: number | undefined
  /** Of the vote by words alone, which comes first and spares the encoder. */
  readonly words: number | undefined
}

/** Shares of the examples that are tested: a quarter, then 2 % more each time. */
const FIRST = 0.25
const STEP = 0.02
/** Words decide at most half as many as the whole vote: with more the whole vote could keep fewer of the rest. */
const BY_WORDS = 0.5
/** Words speak only where they have said the same as the whole vote, but for this share. */
const DISAGREEING = 0.005

/**
 * Learn then Test with a fixed sequence: from the surest quarter of the examples to all of them, "more than `allowed`
 * of what is decided are wrong" is tested exactly (Clopper-Pearson), of both stages together. While it is rejected the
 * next share is tried; the first that is not ends it. So the chance that the thresholds break their promise is at most
 * UNSURE, however many shares were tried. How far words go at each step is fixed without a look at what was right, and
 * costs nothing of it. Tied margins go in together, as they will when questions come.
 */
export const thresholdsFor = (judged: readonly Judged[], allowed: number): Thresholds => {
  const n = judged.length
  const whole = judged.map(({ margin }) => margin).sort((a, b) => b - a)
  const words = unmistakable(judged)
  const fewest = Math.log(UNSURE) / Math.log1p(-allowed)
  let found: Thresholds = { whole: undefined, words: undefined }
  for (let share = Math.max(FIRST, (2 * fewest) / n); share <= 1; share += STEP) {
    const next = {
      whole: whole[Math.ceil(n * share) - 1],
      words: words[Math.min(words.length, Math.ceil(n * share * BY_WORDS)) - 1],
    }
    const { decided, wrong } = outcomeOf(judged, next)
    if (binomialTail(wrong, decided, allowed) > UNSURE) break
    found = next
  }
  return found
}

/** Margins by words, the surest first, as far down as words agree with the whole vote. */
const unmistakable = (judged: readonly Judged[]): number[] => {
  const surest = judged
    .flatMap(({ task, words }) => (words === undefined ? [] : { agrees: words.task === task, ...words }))
    .sort((a, b) => b.margin - a.margin)
  let disagreeing = 0
  let reaches = 0
  surest.forEach(({ agrees }, i) => {
    if (!agrees) disagreeing++
    if (disagreeing <= DISAGREEING * (i + 1)) reaches = i + 1
  })
  return surest.slice(0, reaches).map(({ margin }) => margin)
}

/** What the two stages would decide, and how many of these wrongly. */
export const outcomeOf = (judged: readonly Judged[], { whole, words }: Thresholds) => {
  let [decided, wrong, byWords] = [0, 0, 0]
  for (const one of judged) {
    const first = words !== undefined && one.words !== undefined && one.words.margin >= words
    if (!first && (whole === undefined || one.margin < whole)) continue
    decided++
    if (first) byWords++
    if (!(first ? one.words : one).right) wrong++
  }
  return { decided, wrong, byWords }
}
