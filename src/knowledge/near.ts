import type { Text } from '../retrieval/text.ts'

/** How much two texts must have in common to count as the same question said twice. */
export const NEAR = 0.9

export type Match = { readonly row: number; readonly similarity: number }

/** Finds texts that are nearly the same among those added. The same rows give the same answers. */
export type NearIndex = {
  add(row: number): void
  /** The most similar of the rows that were added, if one is similar enough; the first of equals. */
  nearest(row: number): Match | undefined
}

/**
 * Two texts are as similar as the runs of three characters they share are many (Jaccard). MinHash finds who may be:
 * of a few rows that agree in some band of their signatures, the similarity is then counted, not guessed.
 */
export const createNearIndex = (texts: readonly Text[], near: number): NearIndex => {
  const bands = bandsFor(near)
  const signed: Uint32Array[] = []
  const bandOf = (row: number, band: number) => {
    signed[row] ??= signatureOf(runsOf(texts[row] ?? { question: '' }), bands)
    return signed[row][band] ?? 0
  }
  const buckets = Array.from({ length: bands.count }, () => new Map<number, number[]>())
  const sets = new Map<number, Uint32Array>()
  const setOf = (row: number) => {
    const set = sets.get(row) ?? sortedSet(runsOf(texts[row] ?? { question: '' }))
    sets.set(row, set)
    return set
  }
  const bucketOf = (row: number, band: number) => buckets[band]?.get(bandOf(row, band))
  return {
    add(row) {
      for (const [band, bucket] of buckets.entries()) {
        const rows = bucketOf(row, band)
        if (rows === undefined) bucket.set(bandOf(row, band), [row])
        else rows.push(row)
      }
    },
    nearest(row) {
      const candidates = new Set(buckets.flatMap((_, band) => bucketOf(row, band) ?? []))
      let best: Match | undefined
      for (const other of candidates) {
        const similarity = similarityOf(setOf(row), setOf(other))
        if (similarity < (best?.similarity ?? near)) continue
        const isFirst = best === undefined || similarity > best.similarity || other < best.row
        if (isFirst) best = { row: other, similarity }
      }
      return best
    },
  }
}

const similarityOf = (a: Uint32Array, b: Uint32Array): number => {
  let [i, j, common] = [0, 0, 0]
  while (i < a.length && j < b.length) {
    const difference = (a[i] ?? 0) - (b[j] ?? 0)
    if (difference === 0) common++
    if (difference <= 0) i++
    if (difference >= 0) j++
  }
  return common / (a.length + b.length - common)
}

const RUN = 3

/** Letters and digits alone: case, spaces and punctuation make no other question. The order of options neither. */
const plainOf = (text: string): string => {
  const normal = text.normalize('NFKC').toLowerCase()
  const plain = normal.replace(/[^\p{L}\p{N}]+/gu, ' ').trim()
  return ` ${plain === '' ? normal : plain} `
}

const runsOf = ({ question, options = [] }: Text): Uint32Array => {
  const parts = [question, ...options].map(plainOf)
  const runs = new Uint32Array(parts.reduce((sum, { length }) => sum + length - RUN + 1, 0))
  let at = 0
  for (const part of parts) {
    for (let from = 0; from + RUN <= part.length; from++) runs[at++] = hashOf(part, from)
  }
  return runs
}

const hashOf = (text: string, from: number): number => {
  let hash = 0x811c9dc5
  for (let i = from; i < from + RUN; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  return (hash ^ (hash >>> 13)) >>> 0
}

const sortedSet = (runs: Uint32Array): Uint32Array => runs.sort().filter((run, i) => run !== runs[i - 1])

type Bands = {
  readonly count: number
  readonly rows: number
  readonly factors: Int32Array
  readonly terms: Int32Array
}

const [ROWS, MISSED] = [128, 1e-3]

/** As many rows in a band as can be without missing more than one in a thousand of those just similar enough. */
const bandsFor = (near: number): Bands => {
  const missed = (rows: number) => (1 - near ** rows) ** Math.floor(ROWS / rows)
  const rows = [8, 7, 6, 5, 4, 3, 2].find(candidate => missed(candidate) <= MISSED) ?? 1
  const count = Math.floor(ROWS / rows)
  let last = 0x5eed
  // Any numbers will do, if they are always the same.
  const numbers = () =>
    Int32Array.from({ length: count * rows }, () => {
      last = Math.imul(last ^ (last >>> 15), 0x2c1b3c6d) + 0x6d2b79f5
      return Math.imul(last ^ (last >>> 13), 0x297a2d39)
    })
  return { count, rows, factors: numbers().map(number => number | 1), terms: numbers() }
}

/** The least hash of all runs under each of many functions, one number for each band of them. */
const signatureOf = (runs: Uint32Array, { count, rows, factors, terms }: Bands): Uint32Array => {
  const least = new Uint32Array(count * rows).fill(0xffffffff)
  for (let r = 0; r < runs.length; r++) {
    const run = runs[r] ?? 0
    for (let k = 0; k < least.length; k++) {
      const hash = (Math.imul(run, factors[k] ?? 1) + (terms[k] ?? 0)) >>> 0
      if (hash < (least[k] ?? 0)) least[k] = hash
    }
  }
  return Uint32Array.from({ length: count }, (_, band) =>
    least
      .subarray(band * rows, (band + 1) * rows)
      .reduce((key, hash) => (Math.imul(key, 31) + hash) >>> 0, band),
  )
}
