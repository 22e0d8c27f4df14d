import { asAsked, type Text } from '../retrieval/text.ts'
import { keywordsOf } from './keywords.ts'
import { pick, type Random, seeded, seedOf } from './random.ts'
import { aroundOf, inLog, withTrace } from './wrap.ts'

/** Damage that leaves a question's meaning: what people, keyboards and tools do to a text. */
export const kinds = ['typos', 'case', 'politeness', 'log', 'trace', 'punctuation', 'keywords'] as const

export type Kind = (typeof kinds)[number]

/** The same text, kind and seed give the same damage. Options stay as they are below the question. */
export const damage = (kind: Kind, text: Text, seed: number): string => {
  const random = seeded(seedOf(`${kind}\0${text.question}`, seed))
  const changed = (change: (question: string, random: Random) => string) =>
    asAsked({ question: change(text.question, random), options: text.options })
  switch (kind) {
    case 'typos':
      return changed(withTypos)
    case 'case':
      return changed(otherCase)
    case 'politeness':
      return aroundOf(asAsked(text), random)
    case 'log':
      return inLog(asAsked(text), random)
    case 'trace':
      return withTrace(asAsked(text), random)
    case 'punctuation':
      return changed(otherPunctuation)
    case 'keywords':
      return changed(keywordsOf)
  }
}

export const isHan = (text: string) => /\p{Script=Han}/u.test(text)

/** One word in six is mistyped, one Han character in twelve changes places with the next; at least one of them. */
const withTypos = (text: string, random: Random): string => {
  const words = [...text.matchAll(/[A-Za-z]{4,}/g)].map(({ index, 0: word }) => ({ index, word }))
  const pairs = [...text.matchAll(/\p{Script=Han}(?=\p{Script=Han})/gu)].map(({ index }) => index)
  const letters = Array.from(text)
  if (letters.length !== text.length) return text
  for (const { index, word } of some(words, 6, random)) {
    // The first letter is nearly always typed right.
    const at = index + 1 + Math.floor(random() * (word.length - 2))
    mistype(letters, at, random)
  }
  for (const at of some(pairs, 12, random)) swap(letters, at)
  return letters.join('')
}

/** One of so many, but at least one where there is any. */
const some = <T>(items: readonly T[], outOf: number, random: Random): T[] => {
  const chosen = items.filter(() => random() < 1 / outOf)
  const [first, ...others] = items
  return chosen.length > 0 || first === undefined ? chosen : [pick([first, ...others], random)]
}

const rows = ['qwertyuiop', 'asdfghjkl', 'zxcvbnm']

const mistype = (letters: string[], at: number, random: Random) => {
  const letter = letters[at] ?? ''
  const row = rows.find(keys => keys.includes(letter.toLowerCase())) ?? letter
  const beside = row[(row.indexOf(letter.toLowerCase()) + 1) % row.length] ?? letter
  switch (Math.floor(random() * 4)) {
    case 0:
      return swap(letters, at)
    case 1:
      letters[at] = ''
      return
    case 2:
      letters[at] = letter + letter
      return
    default:
      letters[at] = beside
  }
}

const swap = (letters: string[], at: number) => {
  const [a = '', b = ''] = [letters[at], letters[at + 1]]
  letters[at] = b
  letters[at + 1] = a
}

const otherCase = (text: string, random: Random): string =>
  pick(
    [
      (given: string) => given.toUpperCase(),
      (given: string) => given.toLowerCase(),
      (given: string) => given.replace(/\b[a-z]/g, letter => letter.toUpperCase()),
    ],
    random,
  )(text)

const halfToFull = new Map([...',?!:;()'].map((mark, i) => [mark, [...'，？！：；（）'][i] ?? mark]))
const fullToHalf = new Map<string, string>([
  ...[...halfToFull].map(([half, full]): [string, string] => [full, half]),
  ['。', '. '],
  ['、', ', '],
  ['“', '"'],
  ['”', '"'],
])

/** Full-width marks in a Latin text, half-width ones in a Chinese text. Marks inside a word or a number stay. */
const otherPunctuation = (text: string): string =>
  isHan(text)
    ? text.replace(/[，？！：；（）。、“”]/g, mark => fullToHalf.get(mark) ?? mark)
    : text.replace(/[,?!:;](?=\s|$)|[()]/g, mark => halfToFull.get(mark) ?? mark).replace(/\.(?=\s|$)/g, '。')
