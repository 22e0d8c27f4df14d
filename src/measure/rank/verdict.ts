import { matchText } from './match-text.ts'
import type { RankQuestion } from './questions.ts'
import { readAnswer } from './read-answer.ts'

export type Verdict = 'right' | 'wrong' | 'unreadable'

/** Judged when it is counted, not when it is written down: a better reader, or a corrected answer, costs no call. */
export const verdictOf = ({ expected, options }: RankQuestion, reply: string): Verdict => {
  if (expected.kind === 'letter') {
    const read = readAnswer(reply, options ?? [])
    if (!('letter' in read)) return 'unreadable'
    return read.letter === expected.letter ? 'right' : 'wrong'
  }
  const matched = matchText(reply, expected.text, expected.match)
  return matched === 'empty' ? 'unreadable' : matched ? 'right' : 'wrong'
}
