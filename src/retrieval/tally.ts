/** Counts a text's words, pairs of words and character 4-grams, each by the bucket that its hash falls into. */

import type { Text } from './text.ts'

export const BUCKETS = 1 << 21
const OPTION_WEIGHT = 0.25
const LONGEST = 8000
const GRAM = 4
const TOKEN =
  /\p{Script=Han}|[\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]|[^\P{L}\p{Script=Han}]+|\p{N}+|[^\s\p{L}\p{N}]/gu

/** Numbers of so few digits mean something themselves: exit code 137, HTTP 503, port 5432. */
const TELLING_NUMBER = /^\p{Nd}{1,4}$/u
/** How often such a number counts beside its general form: 137 is to be nearer to 137 than more words make 139. */
const NUMBER_TIMES = 2

/** The beginning and the end of what is too long, lower case. */
function normalise(text: string): string {
  const half = LONGEST / 2
  const cut = text.length > LONGEST ? `${text.slice(0, half)} ${text.slice(-half)}` : text
  return cut.normalize('NFKC').toLowerCase()
}

/** Every digit a 0: what differs in nothing but its numbers is alike. */
function general(text: string): string {
  return text.replace(/\p{Nd}/gu, '0')
}

function mix(hash: number, value: number): number {
  return Math.imul(hash ^ value, 0x01000193)
}

function bucket(hash: number): number {
  const h = Math.imul(hash ^ (hash >>> 15), 0x85ebca6b)
  return (h ^ (h >>> 13)) & (BUCKETS - 1)
}

function hashOf(text: string, from: number, to: number, seed: number): number {
  let hash = seed
  for (let i = from; i < to; i++) hash = mix(hash, text.charCodeAt(i))
  return hash
}

type Counts = Map<number, number>

/** Buckets and how often each occurs, as plain arrays: a context's worth of maps would be ten times as large. */
export type Tally = { readonly buckets: Int32Array; readonly times: Float32Array }

export type Counted = { readonly words: Tally; readonly grams: Tally }

function add(counts: Counts, hash: number, weight: number): void {
  const at = bucket(hash)
  counts.set(at, (counts.get(at) ?? 0) + weight)
}

function countField(text: string, weight: number, words: Counts, grams: Counts): void {
  const clean = normalise(text)
  const alike = general(clean)
  const tokens = clean.match(TOKEN) ?? []
  // A 0 is a digit too: the general form falls into the same tokens.
  const forms = alike === clean ? tokens : (alike.match(TOKEN) ?? [])
  let before = 0
  for (let i = 0; i < forms.length; i++) {
    const form = forms[i]!
    const word = hashOf(form, 0, form.length, 0x811c9dc5)
    add(words, word, weight)
    if (form.startsWith('0')) countNumber(tokens[i]!, weight, words)
    if (before !== 0) add(words, mix(mix(before, 0x20), word), weight)
    before = word
  }
  for (const chunk of alike.match(/\S+/g) ?? []) {
    const padded = ` ${chunk} `
    const last = Math.max(0, padded.length - GRAM)
    for (let i = 0; i <= last; i++)
      add(grams, hashOf(padded, i, Math.min(i + GRAM, padded.length), 0x2545f491), weight)
  }
}

function countNumber(token: string, weight: number, words: Counts): void {
  if (!TELLING_NUMBER.test(token)) return
  add(words, hashOf(token, 0, token.length, 0x9747b28c), weight * NUMBER_TIMES)
}

function tallyOf(counts: Counts): Tally {
  const buckets = new Int32Array(counts.size)
  const times = new Float32Array(counts.size)
  let i = 0
  for (const [bucket, count] of counts) {
    buckets[i] = bucket
    times[i++] = count
  }
  return { buckets, times }
}

/** Options say less about the task than the question does, so they weigh less. */
export function count(text: Text): Counted {
  const words: Counts = new Map()
  const grams: Counts = new Map()
  countField(text.question, 1, words, grams)
  for (const option of text.options ?? []) countField(option, OPTION_WEIGHT, words, grams)
  return { words: tallyOf(words), grams: tallyOf(grams) }
}
