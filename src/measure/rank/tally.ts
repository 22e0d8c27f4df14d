import type { RankQuestion } from './questions.ts'
import type { Verdict } from './verdict.ts'

export type Score = { readonly accuracy: number; readonly n: number }

/** What one expert was worth. What cannot be read is not right, and is counted apart. */
export type Tally = {
  readonly accuracy: number | null
  readonly n: number
  readonly right: number
  readonly unreadable: number
  readonly byTask: Readonly<Record<string, Score>>
}

export type Verdicts = ReadonlyMap<RankQuestion, Verdict>

/** Over the questions that have an answer: one left open counts neither way. */
export const tallyOf = (questions: readonly RankQuestion[], verdicts: Verdicts): Tally => {
  const answered = questions.filter(question => verdicts.has(question))
  const rights = (of: readonly RankQuestion[]) =>
    of.filter(question => verdicts.get(question) === 'right').length
  const tasks = [...new Set(answered.map(({ task }) => task))]
  const right = rights(answered)
  return {
    accuracy: answered.length === 0 ? null : right / answered.length,
    n: answered.length,
    right,
    unreadable: answered.filter(question => verdicts.get(question) === 'unreadable').length,
    byTask: Object.fromEntries(
      tasks.map(task => {
        const own = answered.filter(question => question.task === task)
        return [task, { accuracy: rights(own) / own.length, n: own.length }]
      }),
    ),
  }
}

/** `id,expert-a,expert-b`: 1 right, 0 not, empty where there is no answer yet. */
export const outcomesCsv = (
  questions: readonly RankQuestion[],
  verdicts: ReadonlyMap<string, Verdicts>,
): string => {
  const rows = questions.map(question => [
    cell(question.id),
    ...[...verdicts.values()].map(of => {
      const verdict = of.get(question)
      return verdict === undefined ? '' : verdict === 'right' ? '1' : '0'
    }),
  ])
  return `${[['id', ...[...verdicts.keys()].map(cell)], ...rows].map(row => row.join(',')).join('\n')}\n`
}

const cell = (text: string) => (/[",\n\r]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)
