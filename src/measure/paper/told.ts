import { accuracyOf, byTaskOf, type Confusion, confusionOf, macroF1Of, share } from '../scores.ts'
import type { Told } from './classify.ts'
import { type Mode, prompted } from './modes.ts'

/** How well one mode tells the tasks apart. */
export type ToldScore = {
  readonly accuracy: number
  readonly macroF1: number
  /** Share of each task's questions that were told right. */
  readonly byTask: Readonly<Record<string, number>>
  readonly confusion: Confusion
  /** Replies that name no task: they count as `unknown`. */
  readonly unreadable: number
  /** Share of the questions that the classifier was asked. */
  readonly calls: number
}

export const toldScores = (
  truths: readonly string[],
  told: readonly Told[],
  modes: readonly Mode[],
): Partial<Record<Mode, ToldScore>> =>
  Object.fromEntries(
    modes.map(mode => {
      const pairs = truths.map((truth, at) => ({ truth, task: told[at]?.[mode] ?? '' }))
      const confusion = confusionOf(pairs)
      const byTask = byTaskOf(confusion)
      const score: ToldScore = {
        accuracy: accuracyOf(pairs),
        macroF1: macroF1Of(byTask),
        byTask: Object.fromEntries(Object.entries(byTask).map(([task, { recall }]) => [task, recall])),
        confusion,
        unreadable: told.filter(({ unreadable }) => unreadable.some(other => other === mode)).length,
        calls: callsOf(mode, told),
      }
      return [mode, score]
    }),
  )

const callsOf = (mode: Mode, told: readonly Told[]): number => {
  if (mode === 'neighbours') return 0
  if (prompted.some(other => other === mode)) return 1
  return share(told.filter(({ isUnsure }) => isUnsure).length, told.length)
}
