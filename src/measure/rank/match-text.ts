import { ownWords } from '../../routing/own-words.ts'
import type { Match } from './questions.ts'

const READ_CHARS = 20_000
/** Behind the last of these stands what an expert commits itself to. */
const commitment = /(?<![\p{L}])(?:answer|答案|答)\s{0,3}(?:is|are|是|为|:)\s{0,3}:?/giu

/** Whether the reply gives the expected text; `empty` when there is no reply to judge. */
export const matchText = (reply: string, expected: string, match: Match): boolean | 'empty' => {
  const words = withoutDress(ownWords(reply, () => false).slice(-READ_CHARS))
  if (words.trim() === '') return 'empty'
  if (match === 'regex') return new RegExp(expected, 'imu').test(words)
  const last = [...words.matchAll(commitment)].at(-1)
  const said = last === undefined ? words : words.slice(last.index + last[0].length)
  const wanted = normal(expected)
  if (match === 'contains') return holds(normal(said), wanted)
  const line = said.trimStart().split('\n')[0] ?? ''
  return normal(line) === wanted || normal(words) === wanted
}

export const problemWithPattern = (pattern: string): string | undefined => {
  try {
    new RegExp(pattern, 'imu')
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

const withoutDress = (text: string) =>
  text
    .replace(/\\(?:text|mathrm)\s{0,3}\{([^{}]{0,300})\}/g, '$1')
    .replace(/\\boxed\s{0,3}\{([^{}]{0,300})\}/g, 'answer: $1')
    .replace(/\*\*|```[a-z]{0,10}|`|\$/g, '')

const normal = (text: string) =>
  text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/["'“”‘’]/g, '')
    .replace(/\s+/g, ' ')
    .replace(/^[\s(]+|[\s.,;:!。，；)]+$/g, '')

/** `4` is not in `14`, nor in `4.5`. */
const holds = (text: string, wanted: string): boolean => {
  for (let at = text.indexOf(wanted); at >= 0; at = text.indexOf(wanted, at + 1)) {
    const [before, after] = [text.slice(Math.max(0, at - 2), at), text.slice(at + wanted.length)]
    const joined = /[\p{Script=Latin}\d]$/u.test(before) && /^[\p{Script=Latin}\d]/u.test(wanted)
    const goesOn = /^(?:[\p{Script=Latin}\d]|[.,]\d)/u.test(after) && /[\p{Script=Latin}\d]$/u.test(wanted)
    if (!joined && !goesOn && !(/\d[.,]$/.test(before) && /^\d/.test(wanted))) return true
  }
  return false
}
