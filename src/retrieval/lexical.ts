/** Lexical features: words, pairs of words and character 4-grams, hashed and weighted by tf-idf. */

import { sharedBytes } from './shared.ts'
import { BUCKETS, type Counted, type Tally } from './tally.ts'

/** One text's features, in no particular order. Their squares add up to LEXICAL_SHARE. */
export type Sparse = { ids: Int32Array; values: Float32Array }

/** All examples' features, row after row (CSR). */
export type Rows = { starts: Int32Array; ids: Int32Array; values: Float32Array }

export type Vocabulary = {
  /** bucket of a hash -> feature id + 1, or 0 where too few examples have it */
  placeOf: Int32Array
  idf: Float32Array
  size: number
}

/** Lexical and vector similarity add up to 1 for the same text: half each. */
export const LEXICAL_SHARE = 0.5
/** Of the lexical half, what words and pairs of words have; character 4-grams have the rest. */
const WORD_SHARE = 0.6
/** From so many examples on, what only one of them has is left out: it costs much and says little. */
const MANY = 3000

export function vocabularyOf(counted: readonly Counted[]): Vocabulary {
  const seen = new Int32Array(BUCKETS)
  const touched: number[] = []
  const see = ({ buckets }: Tally) => {
    for (const at of buckets) if (seen[at]!++ === 0) touched.push(at)
  }
  for (const { words, grams } of counted) {
    see(words)
    see(grams)
  }
  const n = counted.length
  const fewest = n < MANY ? 1 : 2
  // By bucket, so that a feature's number does not depend on the order of the examples.
  const kept = Int32Array.from(touched.filter(at => seen[at]! >= fewest)).sort()
  const placeOf = new Int32Array(BUCKETS)
  kept.forEach((at, id) => {
    placeOf[at] = id + 1
  })
  const idf = Float32Array.from(kept, at => 1 + Math.log((1 + n) / (1 + seen[at]!)))
  return { placeOf, idf, size: idf.length }
}

function weigh(tally: Tally, vocabulary: Vocabulary, share: number, ids: number[], values: number[]): void {
  const from = ids.length
  let squares = 0
  for (let i = 0; i < tally.buckets.length; i++) {
    const id = vocabulary.placeOf[tally.buckets[i]!]! - 1
    if (id < 0) continue
    const value = Math.log1p(tally.times[i]!) * vocabulary.idf[id]!
    squares += value * value
    ids.push(id)
    values.push(value)
  }
  const scale = squares > 0 ? Math.sqrt(share / squares) : 0
  for (let i = from; i < values.length; i++) values[i]! *= scale
}

export function featuresOf(counted: Counted, vocabulary: Vocabulary): Sparse {
  const ids: number[] = []
  const values: number[] = []
  const share = counted.grams.buckets.length > 0 ? WORD_SHARE : 1
  weigh(counted.words, vocabulary, LEXICAL_SHARE * share, ids, values)
  weigh(counted.grams, vocabulary, LEXICAL_SHARE * (1 - share), ids, values)
  return { ids: Int32Array.from(ids), values: Float32Array.from(values) }
}

export function rowsOf(all: readonly Sparse[]): Rows {
  const starts = new Int32Array(sharedBytes(4 * (all.length + 1)))
  all.forEach((one, i) => {
    starts[i + 1] = starts[i]! + one.ids.length
  })
  const ids = new Int32Array(sharedBytes(4 * starts[all.length]!))
  const values = new Float32Array(sharedBytes(4 * starts[all.length]!))
  all.forEach((one, i) => {
    ids.set(one.ids, starts[i]!)
    values.set(one.values, starts[i]!)
  })
  return { starts, ids, values }
}

export function rowAt({ starts, ids, values }: Rows, row: number): Sparse {
  const [from, to] = [starts[row]!, starts[row + 1]!]
  return { ids: ids.subarray(from, to), values: values.subarray(from, to) }
}
