import { middleOut } from './encoder.ts'

/** Beyond this a text is cut in the middle: a pasted log must not cost more than a page. */
const MAX_CHARS = 8_000
const BUCKETS = 2 ** 18

/** How often each hashed feature of a text occurs: words, their inner n-grams, pairs of Chinese characters. */
export const features = (text: string): Map<number, number> => {
  const counts = new Map<number, number>()
  const add = (feature: string) => {
    const bucket = hash(feature)
    counts.set(bucket, (counts.get(bucket) ?? 0) + 1)
  }
  const pieces = middleOut(text, MAX_CHARS).toLowerCase().normalize('NFKC').match(piece) ?? []
  for (const word of pieces) {
    if (cjk.test(word)) chineseFeatures(word, add)
    else wordFeatures(word, add)
  }
  return counts
}

const piece = /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Hangul}]+|[\p{L}\p{N}_]+/gu
const cjk = /^[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Hangul}]/u

const wordFeatures = (word: string, add: (feature: string) => void) => {
  add(`w:${word}`)
  const padded = ` ${word} `
  for (let size = 3; size <= 5; size++) {
    for (let at = 0; at + size <= padded.length; at++) add(padded.slice(at, at + size))
  }
}

const chineseFeatures = (run: string, add: (feature: string) => void) => {
  for (let at = 0; at < run.length; at++) {
    add(`w:${run[at]}`)
    if (at + 1 < run.length) add(`w:${run.slice(at, at + 2)}`)
  }
}

/** FNV-1a: short, even, and the same on every machine. */
const hash = (text: string): number => {
  let value = 0x811c9dc5
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193)
  return (value >>> 0) % BUCKETS
}

export type Lexical = {
  /** Cosine of TF-IDF with every example, 0 to 1. */
  similarities(text: string): Float32Array
}

/** An inverted index: each feature lists the examples that have it, with its weight there. */
export const buildLexical = (texts: readonly string[]): Lexical => {
  const bags = texts.map(features)
  const idf = inverseFrequency(bags)
  const { offsets, rows, weights } = postings(bags, idf)
  return {
    similarities(text) {
      const scores = new Float32Array(texts.length)
      for (const [bucket, weight] of weigh(features(text), idf)) {
        const end = offsets[bucket + 1] ?? 0
        for (let at = offsets[bucket] ?? 0; at < end; at++) {
          const row = rows[at] as number
          scores[row] = (scores[row] as number) + weight * (weights[at] as number)
        }
      }
      return scores
    },
  }
}

const inverseFrequency = (bags: readonly Map<number, number>[]): Float32Array => {
  const seen = new Float32Array(BUCKETS)
  for (const bag of bags) for (const bucket of bag.keys()) seen[bucket] = (seen[bucket] as number) + 1
  return seen.map(count => Math.log((1 + bags.length) / (1 + count)) + 1)
}

/** Sublinear counts times rarity, scaled to length 1. */
const weigh = (bag: Map<number, number>, idf: Float32Array): [number, number][] => {
  const entries = [...bag].map(([bucket, count]): [number, number] => [
    bucket,
    (1 + Math.log(count)) * (idf[bucket] as number),
  ])
  const length = Math.sqrt(entries.reduce((sum, [, weight]) => sum + weight * weight, 0)) || 1
  return entries.map(([bucket, weight]) => [bucket, weight / length])
}

const postings = (bags: readonly Map<number, number>[], idf: Float32Array) => {
  const offsets = new Uint32Array(BUCKETS + 1)
  for (const bag of bags)
    for (const bucket of bag.keys()) offsets[bucket + 1] = (offsets[bucket + 1] as number) + 1
  for (let b = 0; b < BUCKETS; b++) offsets[b + 1] = (offsets[b + 1] as number) + (offsets[b] as number)
  const next = offsets.slice()
  const rows = new Uint32Array(offsets[BUCKETS] as number)
  const weights = new Float32Array(rows.length)
  bags.forEach((bag, row) => {
    for (const [bucket, weight] of weigh(bag, idf)) {
      const at = next[bucket] as number
      rows[at] = row
      weights[at] = weight
      next[bucket] = at + 1
    }
  })
  return { offsets, rows, weights }
}
