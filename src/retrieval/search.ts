import type { Features } from './head.ts'
import type { Rows, Sparse } from './lexical.ts'

/** An example near a question, by its row in the context, and how near by either measure. */
export type Neighbour = {
  readonly row: number
  /** The sum of the two, at most 1: neither alone is best. */
  readonly similarity: number
  readonly dense: number
  readonly lexical: number
}

export type Search = {
  /** Examples that share rare features, best first. */
  byWords(text: Sparse): number[]
  /**
   * The nearest of some candidates, nearest first; without a vector, by words alone. `skip` says which must not be
   * found, for examples that are judged as if they were new.
   */
  nearest(
    vector: Float32Array,
    text: Sparse,
    candidates: readonly number[],
    count: number,
    skip?: (row: number) => boolean,
  ): Neighbour[]
}

const CANDIDATES = 32
/** A search reads at most this many entries of the index, those of the rarest features first. */
const ENTRIES = 5_000

/** Among the first `n` rows. */
export const createSearch = (features: Features, n: number): Search => {
  const { dense, dims, rows } = features
  const postings = postingsOf(rows, n, features.lexical)
  // Kept between searches, and left all zero by each of them.
  const scores = new Float32Array(n)
  const query = new Float32Array(features.lexical)
  const touched = new Int32Array(n)

  // Four sums at once: one waits for the other otherwise.
  const innerDense = (vector: Float32Array, row: number) => {
    let [a, b, c, d] = [0, 0, 0, 0]
    for (let j = 0, at = row * dims; j < vector.length; j += 4, at += 4) {
      a += vector[j]! * dense[at]!
      b += vector[j + 1]! * dense[at + 1]!
      c += vector[j + 2]! * dense[at + 2]!
      d += vector[j + 3]! * dense[at + 3]!
    }
    return a + b + c + d
  }
  const innerLexical = (row: number) => {
    const { starts, ids, values } = rows
    const end = starts[row + 1]!
    let sum = 0
    for (let p = starts[row]!; p < end; p++) sum += values[p]! * query[ids[p]!]!
    return sum
  }

  return {
    byWords(text) {
      const some = touched.subarray(0, addUp(postings, text, scores, touched))
      const found = best(some, scores, CANDIDATES + 1)
      for (let i = 0; i < some.length; i++) scores[some[i]!] = 0
      return found
    },
    nearest(vector, text, candidates, count, skip) {
      text.ids.forEach((id, p) => {
        query[id] = text.values[p]!
      })
      const found: Neighbour[] = []
      for (const row of new Set(candidates)) {
        if (skip?.(row)) continue
        const [byVector, byText] = [innerDense(vector, row), innerLexical(row)]
        found.push({ row, similarity: byVector + byText, dense: byVector, lexical: byText })
      }
      for (const id of text.ids) query[id] = 0
      return found.sort((a, b) => b.similarity - a.similarity || a.row - b.row).slice(0, count)
    },
  }
}

/** Feature by feature, the examples that have it. */
type Postings = { readonly starts: Int32Array; readonly rows: Int32Array; readonly values: Float32Array }

const postingsOf = (rows: Rows, n: number, lexical: number): Postings => {
  const starts = new Int32Array(lexical + 1)
  const end = rows.starts[n]!
  for (let p = 0; p < end; p++) starts[rows.ids[p]! + 1]!++
  for (let id = 0; id < lexical; id++) starts[id + 1]! += starts[id]!
  const next = starts.slice(0, lexical)
  const found = new Int32Array(end)
  const values = new Float32Array(end)
  for (let row = 0; row < n; row++) {
    for (let p = rows.starts[row]!; p < rows.starts[row + 1]!; p++) {
      const at = next[rows.ids[p]!]!++
      found[at] = row
      values[at] = rows.values[p]!
    }
  }
  return { starts, rows: found, values }
}

/** More features than a text of the greatest length has. */
const PLACES = 1 << 20

/** Adds to each example's score what it shares with the text, rare features first; returns how many have one now. */
const addUp = (
  { starts, rows, values }: Postings,
  text: Sparse,
  scores: Float32Array,
  touched: Int32Array,
): number => {
  // One number for frequency and place sorts many times faster than a function that compares.
  const byRarity = Float64Array.from(text.ids, (id, p) => (starts[id + 1]! - starts[id]!) * PLACES + p).sort()
  let count = 0
  let left = ENTRIES
  for (const key of byRarity) {
    const p = key % PLACES
    const value = text.values[p]!
    const to = starts[text.ids[p]! + 1]!
    let at = starts[text.ids[p]!]!
    left -= to - at
    if (left < 0) break
    for (; at < to; at++) {
      const row = rows[at]!
      if (scores[row] === 0) touched[count++] = row
      scores[row]! += values[at]! * value
    }
  }
  return count
}

/** The `count` best of some rows, best first; ties by the lower row. */
const best = (rows: Int32Array, scores: Float32Array, count: number): number[] => {
  const kept: number[] = []
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!
    const score = scores[row]!
    if (kept.length === count && scores[kept[count - 1]!]! >= score) continue
    let at = Math.min(kept.length, count - 1)
    for (; at > 0; at--) {
      const other = kept[at - 1]!
      if (scores[other]! > score || (scores[other] === score && other < row)) break
      kept[at] = other
    }
    kept[at] = row
  }
  return kept
}
