import { createHash } from 'node:crypto'
import { resolve } from 'node:path'
import { z } from 'zod'
import { readText } from '../../knowledge/context.ts'
import { UNKNOWN } from '../../knowledge/map.ts'
import type { Problem } from '../../knowledge/problem.ts'
import { csvRows, jsonRows, type Row } from '../../knowledge/rows.ts'
import { asAsked } from '../../retrieval/text.ts'
import { problemWithPattern } from './match-text.ts'

export type Match = 'exact' | 'contains' | 'regex'
export type Expected =
  | { readonly kind: 'letter'; readonly letter: string }
  | { readonly kind: 'text'; readonly text: string; readonly match: Match }

/** A question whose right answer is known. */
export type RankQuestion = {
  readonly id: string
  readonly task: string
  readonly question: string
  readonly options: readonly string[] | undefined
  readonly expected: Expected
}

export type ReadQuestions = {
  readonly questions: readonly RankQuestion[]
  readonly problems: readonly Problem[]
  /** Questions that belong to no task: there is no score they could count for. */
  readonly ofNoTask: number
}

const text = z.union([z.string(), z.number()]).transform(String)
const row = z.looseObject({
  id: text.refine(id => id.trim() !== '', 'must not be empty').optional(),
  question: z.string().refine(question => question.trim() !== '', 'must not be empty'),
  task: z.string().min(1),
  options: z.array(text).min(2, 'needs two at least').max(26).optional(),
  answer: text.refine(answer => answer.trim() !== '', 'must not be empty'),
  match: z.enum(['exact', 'contains', 'regex']).optional(),
})
type QuestionRow = z.output<typeof row>

type Placed = { readonly question: RankQuestion; readonly place: Pick<Problem, 'file' | 'line' | 'column'> }

/** Reads all files and says everything that is wrong with them at once. */
export const readQuestions = async (
  files: readonly string[],
  tasks: ReadonlySet<string>,
): Promise<ReadQuestions> => {
  const read = await Promise.all(files.map(file => readOne(resolve(file), tasks)))
  const placed = read.flatMap(one => one.placed)
  const asked = placed.filter(({ question }) => question.task !== UNKNOWN)
  return {
    questions: asked.map(({ question }) => question),
    problems: [...read.flatMap(one => one.problems), ...clashes(placed)],
    ofNoTask: placed.length - asked.length,
  }
}

const readOne = async (file: string, tasks: ReadonlySet<string>) => {
  const at = (line: number, column: number, message: string): Problem => ({
    file,
    line,
    column,
    message,
    severity: 'error',
  })
  const content = await readText(file).catch((error: Error) => error)
  if (content instanceof Error)
    return { placed: [], problems: [at(1, 1, `cannot be read: ${content.message}`)] }
  const rows = [...(/\.csv(\.gz)?$/i.test(file) ? csvRows(content) : jsonRows(content))]
  const absent = lackingEverywhere(rows)
  if (absent.length > 0) {
    const message = `no row has ${absent.map(key => `"${key}"`).join(' and ')}: question, task and answer are needed`
    return { placed: [], problems: [at(rows[0]?.line ?? 1, 1, message)] }
  }
  const problems: Problem[] = []
  const placed: Placed[] = []
  for (const entry of rows) {
    const made = 'problem' in entry ? [entry.problem] : questionOf(entry.value, tasks)
    const place = { file, line: entry.line, column: entry.column }
    if (Array.isArray(made)) problems.push(...made.map(message => at(entry.line, entry.column, message)))
    else placed.push({ question: made, place })
  }
  if (rows.length === 0) problems.push(at(1, 1, 'holds no questions'))
  return { placed, problems }
}

/** A column that is missing is one mistake, however many rows there are. */
const lackingEverywhere = (rows: readonly Row[]): string[] => {
  const values = rows.flatMap(entry =>
    'value' in entry && entry.value !== null && typeof entry.value === 'object' ? [entry.value] : [],
  )
  if (values.length < 2) return []
  return ['question', 'task', 'answer'].filter(key => values.every(value => !Object.hasOwn(value, key)))
}

/** The question, or what is wrong with the row. */
const questionOf = (value: unknown, tasks: ReadonlySet<string>): RankQuestion | string[] => {
  const parsed = row.safeParse(value, { reportInput: true })
  if (!parsed.success) {
    return parsed.error.issues.map(issue => {
      const isMissing = 'input' in issue && issue.input === undefined
      const message = isMissing ? 'is missing' : issue.message
      return `${issue.path.join('.') || 'line'}: ${message.replace(/^Invalid input: /, '')}`
    })
  }
  const { id, question, task, options } = parsed.data
  const expected = expectedOf(parsed.data)
  const problems = typeof expected === 'string' ? [expected] : []
  if (task !== UNKNOWN && !tasks.has(task)) {
    problems.push(`task: the map has no task "${task}" (it has: ${[...tasks].join(', ')})`)
  }
  if (problems.length > 0 || typeof expected === 'string') return problems
  const own =
    id?.trim() ?? createHash('sha256').update(asAsked({ question, options })).digest('hex').slice(0, 12)
  return { id: own, task, question, options, expected }
}

const expectedOf = ({ options, answer, match }: QuestionRow): Expected | string => {
  const said = answer.trim()
  if (options === undefined) {
    const fault = match === 'regex' ? problemWithPattern(said) : undefined
    return fault === undefined
      ? { kind: 'text', text: said, match: match ?? 'contains' }
      : `answer: is no regular expression: ${fault}`
  }
  if (match !== undefined) return 'match: is for answers in words; this question has options'
  if (!/^[A-Za-z]$/.test(said)) return `answer: must be the letter of an option, not "${said.slice(0, 40)}"`
  const letter = said.toUpperCase()
  return letter.charCodeAt(0) - 65 < options.length
    ? { kind: 'letter', letter }
    : `answer: "${said}" is beyond the ${options.length} options`
}

const clashes = (placed: readonly Placed[]): Problem[] => {
  const ids = new Map<string, Placed>()
  const texts = new Map<string, Placed>()
  return placed.flatMap(here => {
    const { question, place } = here
    const sameId = firstOf(ids, question.id, here)
    const sameText = firstOf(texts, asAsked(question), here)
    const problems: Problem[] = []
    if (sameId !== undefined && sameId !== sameText)
      problems.push({
        ...place,
        message: `id: "${question.id}" stands at ${lineOf(sameId)} already`,
        severity: 'error',
      })
    else if (sameId !== undefined)
      problems.push({
        ...place,
        message: `question: the same stands at ${lineOf(sameId)} already`,
        severity: 'error',
      })
    if (
      sameId === undefined &&
      sameText !== undefined &&
      !isSame(sameText.question.expected, question.expected)
    ) {
      const message = `answer: the same question stands at ${lineOf(sameText)} with another answer`
      problems.push({ ...place, message, severity: 'error' })
    }
    return problems
  })
}

const firstOf = (seen: Map<string, Placed>, key: string, here: Placed): Placed | undefined => {
  const before = seen.get(key)
  if (before === undefined) seen.set(key, here)
  return before
}

const isSame = (a: Expected, b: Expected) => JSON.stringify(a) === JSON.stringify(b)
const lineOf = ({ place }: Placed) => `${place.file}:${place.line}`
