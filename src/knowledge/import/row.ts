import { asText } from '../../retrieval/text.ts'
import { UNKNOWN } from '../map.ts'
import { type Answer, answerOf, shortened } from './answers.ts'
import type { Columns } from './columns.ts'
import { optionsOf } from './options.ts'
import type { SourceFile } from './source-files.ts'
import { isTask, slugOf, type TaskNames, taskFor } from './task-names.ts'

/** A row of ours, ready to be written. */
export type ImportedRow = {
  readonly id: string | undefined
  readonly question: string
  readonly task: string
  readonly options: readonly string[] | undefined
  readonly answer: string | undefined
  readonly reply: string | undefined
  readonly lang: string | undefined
  readonly source: string
  /** The part of five that it is tested in, where somebody laid that down. */
  readonly fold: number | undefined
  readonly at: string
  /** Several options are right: good as an example, of no use for measuring. */
  readonly several: boolean
}

export type Naming = {
  readonly file: SourceFile
  readonly fileIsTask: boolean
  /** The same for all rows, whatever they say. */
  readonly task: string | undefined
  readonly names: TaskNames | undefined
}

type Raw = Readonly<Record<string, unknown>>

/** The row, or everything that is wrong with it. */
export const rowOf = (raw: Raw, line: number, columns: Columns, naming: Naming): ImportedRow | string[] => {
  const { file } = naming
  const asked = questionIn(raw, columns)
  // Of options that cannot be read no letter is right or wrong.
  const answer: Answer = asked.unreadable
    ? { none: true }
    : answerOf(cellOf(raw, columns.answer), asked.options)
  const task = taskOf(labelsIn(raw, columns), naming)
  const problems = [...asked.problems, answer, task].flatMap(part =>
    'problem' in part ? [part.problem] : [],
  )
  if (problems.length > 0 || 'problem' in task) return problems
  return {
    id: textOf(cellOf(raw, columns.id)),
    question: asked.question,
    task: task.task,
    options: asked.options,
    answer: 'letter' in answer ? answer.letter : undefined,
    reply: textOf(cellOf(raw, columns.reply)) ?? ('text' in answer ? replyOf(answer.text) : undefined),
    lang: textOf(cellOf(raw, columns.lang)) ?? file.lang,
    source: textOf(cellOf(raw, columns.source)) ?? file.within,
    fold: foldOf(raw.fold),
    at: `${file.path}:${line}`,
    several: 'several' in answer,
  }
}

/** Some write the options below the question. */
const questionIn = (raw: Raw, columns: Columns) => {
  const question = textOf(cellOf(raw, columns.question))
  const listed = optionsOf(raw, columns)
  const problems = [
    ...(question === undefined ? [{ problem: 'question: is empty or missing' }] : []),
    ...(question?.includes('\ufffd') ? [{ problem: 'question: holds bytes that are not UTF-8' }] : []),
    ...('problem' in listed ? [listed] : []),
  ]
  const options = 'problem' in listed ? undefined : listed.options
  const text = options === undefined ? asText(question ?? '') : { question: question ?? '', options }
  return { question: text.question, options: text.options, problems, unreadable: 'problem' in listed }
}

const cellOf = (raw: Raw, column: string | undefined) => (column === undefined ? undefined : raw[column])

const foldOf = (value: unknown) =>
  typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 4 ? value : undefined

const textOf = (value: unknown): string | undefined => {
  if (typeof value !== 'string' && typeof value !== 'number') return undefined
  const text = String(value).trim()
  return text === '' ? undefined : text
}

/** A single word that ends in .md would be taken for a runbook's file. */
const replyOf = (text: string) => (/^\S+\.md$/.test(text) ? undefined : text)

const labelsIn = (raw: Raw, { task }: Columns): string[] => {
  const value = task === undefined ? undefined : raw[task]
  return (Array.isArray(value) ? value : [value]).flatMap(label => textOf(label) ?? [])
}

const taskOf = (
  labels: readonly string[],
  { file, fileIsTask, task, names }: Naming,
): { task: string } | { problem: string } => {
  if (task !== undefined) return { task }
  const wanted = [...labels, file.name]
  if (names !== undefined) {
    const found = taskFor(names, wanted)
    const list = wanted.map(name => `"${shortened(name)}"`).join(' or ')
    return found === undefined ? { problem: `task: --tasks says nothing of ${list}` } : { task: found }
  }
  const label = labels[0] ?? (fileIsTask ? file.name : undefined)
  if (label === undefined) {
    return {
      problem: 'task: is missing; name its column (--columns task=...) or the task itself (--task NAME)',
    }
  }
  if (label === UNKNOWN || (isTask(label) && labels.length > 0)) return { task: label }
  const slug = slugOf(label)
  return isTask(slug)
    ? { task: slug }
    : { problem: `task: "${shortened(label)}" cannot be the name of a task; --tasks can give it one` }
}
