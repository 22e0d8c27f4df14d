import { DIMENSIONS } from './encoder.ts'
import { type Index, inner, topRows } from './index.ts'
import type { Lexical } from './lexical.ts'

/** An example near a question, by its row in the context, and how near by either measure. */
export type Neighbour = {
  readonly row: number
  /** The sum of the two: neither alone is best. */
  readonly similarity: number
  readonly dense: number
  readonly lexical: number
}

/** What is looked at by each measure before the two are added up. */
const CANDIDATES = 64

export type Blend = {
  /** The nearest examples, nearest first, without the row that is left out. */
  nearest(text: string, vector: Float32Array | undefined, count: number, without?: number): Neighbour[]
}

export const createBlend = (vectors: Float32Array, index: Index | undefined, lexical: Lexical): Blend => ({
  nearest(text, vector, count, without) {
    const wanted = Math.max(CANDIDATES, count) + 1
    const words = lexical.similarities(text)
    const rows = new Set(topRows(words, wanted).map(hit => hit.row))
    if (vector !== undefined && index !== undefined) {
      for (const hit of index.nearest(vector, wanted)) rows.add(hit.row)
    }
    if (without !== undefined) rows.delete(without)
    return [...rows]
      .map(row => {
        const dense = vector === undefined ? 0 : inner(vector, 0, vectors, row * DIMENSIONS)
        const lexical = words[row] ?? 0
        return { row, similarity: dense + lexical, dense, lexical }
      })
      .sort((a, b) => b.similarity - a.similarity || a.row - b.row)
      .slice(0, count)
  },
})
