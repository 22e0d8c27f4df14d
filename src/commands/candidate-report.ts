import { z } from 'zod'

const way = z.object({ task: z.string(), expert: z.string() })
const side = z.object({
  answers: z.number(),
  failures: z.number(),
  refused: z.number(),
  p50Ms: z.number().nullable(),
  p95Ms: z.number().nullable(),
})

/** What a gateway says of its candidate, as far as it is printed. */
export const report = z.object({
  version: z.string(),
  name: z.string(),
  against: z.string(),
  mode: z.string(),
  percent: z.number(),
  since: z.string(),
  why: z.string().nullable(),
  seen: z.number(),
  same: z.number(),
  moved: z.number(),
  notSeen: z.number(),
  needClassifier: z.number(),
  byMove: z.array(z.object({ from: way, to: way, count: z.number() })),
  examples: z.array(z.object({ from: way, to: way, question: z.string().optional() })),
  sides: z.object({ served: side, candidate: side }),
})

type Report = z.output<typeof report>

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

const sideInWords = ({ answers, failures, refused, p50Ms, p95Ms }: z.output<typeof side>) =>
  `${answers} answers, ${failures} failures, ${refused} refused${p50Ms === null ? '' : `, first byte after ${p50Ms} ms (p95 ${p95Ms} ms)`}`

const moveInWords = ({ from, to }: Pick<Report['byMove'][number], 'from' | 'to'>) =>
  `${from.task} by ${from.expert} → ${to.task} by ${to.expert}`

/** Questions are strangers' words: nothing in them may steer the terminal. */
const oneLine = (text: string) => {
  const line = text.replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ').trim()
  return line.length > 90 ? `${line.slice(0, 87)}...` : line
}
