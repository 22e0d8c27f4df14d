import { UNKNOWN } from '../knowledge/map.ts'
import type { Snapshot } from '../knowledge/snapshot.ts'
import type { Decision } from './decide.ts'

/** A decision and all that it was made from, for whoever asks why. */
export const inFull = ({ nearest, ...decision }: Decision, { examples }: Pick<Snapshot, 'examples'>) => ({
  ...decision,
  ...(nearest.byWords && { byWords: true }),
  known: round(nearest.known),
  margin: nearest.margin,
  ranking: nearest.ranking().map(({ task, confidence }) => ({ task, confidence: round(confidence) })),
  neighbours: nearest.neighbours().map(({ row, similarity, dense, lexical }) => {
    const { task = UNKNOWN, question = '', at = '' } = examples[row] ?? {}
    return { similarity, dense, lexical, task, question, at }
  }),
})

const round = (value: number) => Math.round(value * 1e4) / 1e4
