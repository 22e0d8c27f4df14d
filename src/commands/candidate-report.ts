import type { z } from 'zod'
import type { candidateAnswer } from '../http/admin/candidate-answers.ts'

type Report = z.output<typeof candidateAnswer>

const MOVES = 10
const EXAMPLES = 5

export const inWords = (candidate: Report): string => {
  const { version, name, against, since, why, sides } = candidate
  const moved = candidate.examples.flatMap(({ question, ...move }) =>
    question === undefined ? [] : `  ${moveInWords(move)}: ${oneLine(question)}`,
  )
  return [
    `candidate   ${name} (${version}), beside ${against}, since ${since}${why === null ? '' : `: ${why}`}`,
    `tried       ${candidate.mode === 'shadow' ? 'in the shadow: it answers nobody' : `by ${candidate.percent} % of conversations`}`,
    `decided     ${candidate.seen} questions also: ${candidate.same} the same, ${candidate.moved} moved${unseen(candidate)}`,
    ...(candidate.needClassifier === 0
      ? []
      : [
          `            ${candidate.needClassifier} would go to its classifier: compared by the neighbours alone`,
        ]),
    `answered    by what is served: ${sideInWords(sides.served)}`,
    `            by the candidate:  ${sideInWords(sides.candidate)}`,
    ...candidate.byMove
      .slice(0, MOVES)
      .map(move => `  ${String(move.count).padStart(6)}  ${moveInWords(move)}`),
    ...(candidate.byMove.length > MOVES ? [`  and ${candidate.byMove.length - MOVES} other moves`] : []),
    ...[...new Set(moved)].slice(0, EXAMPLES),
  ].join('\n')
}

const unseen = ({ notSeen }: Report) => (notSeen === 0 ? '' : `; ${notSeen} not looked at under load`)

const sideInWords = ({ answers, failures, refused, p50Ms, p95Ms }: Report['sides']['served']) =>
  `${answers} answers, ${failures} failures, ${refused} refused${p50Ms === null ? '' : `, first byte after ${p50Ms} ms (p95 ${p95Ms} ms)`}`

const moveInWords = ({ from, to }: Pick<Report['byMove'][number], 'from' | 'to'>) =>
  `${from.task} by ${from.expert} → ${to.task} by ${to.expert}`

/** Questions are strangers' words: nothing in them may steer the terminal. */
const oneLine = (text: string) => {
  const line = text.replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ').trim()
  return line.length > 90 ? `${line.slice(0, 87)}...` : line
}
