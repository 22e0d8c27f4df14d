import { parse as parseCsv } from 'csv-parse/sync'
import { type Example, readText } from '../../knowledge/context.ts'
import { InvalidFilesError, type Problem } from '../../knowledge/problem.ts'
import { beginnings } from '../../knowledge/rows.ts'

/** Which expert answered which question right: by expert and question 1 right, 0 wrong, -1 not asked. */
export type OutcomeTable = { readonly experts: readonly string[]; readonly outcomes: readonly Int8Array[] }

type Line = { readonly line: number; readonly cells: readonly string[] }
type Say = (line: number, message: string) => void

/** Reads `id,expert-a,expert-b,…` for these questions. Throws with everything that is wrong, by file and line. */
export const readOutcomes = async (file: string, questions: readonly Example[]): Promise<OutcomeTable> => {
  const problems: Problem[] = []
  const say: Say = (line, message) => problems.push({ file, line, column: 1, message, severity: 'error' })
  const rowOf = rowsById(questions, problems)
  const [header, ...rows] = await linesOf(file, say)
  const experts = header === undefined ? [] : expertsIn(header, say)
  if (header === undefined && problems.length === 0)
    say(1, 'is empty: the first line must be id,expert,expert,…')
  const outcomes = experts.map(() => new Int8Array(questions.length).fill(-1))
  if (experts.length > 0) fill({ experts, outcomes }, rows, rowOf, say)
  if (problems.length > 0) throw new InvalidFilesError(problems, [file])
  return { experts, outcomes }
}

/** Outcomes are joined to questions by id: each question needs one, and one of its own. */
const rowsById = (questions: readonly Example[], problems: Problem[]): Map<string, number> => {
  const rows = new Map<string, number>()
  questions.forEach(({ id, at }, row) => {
    const colon = at.lastIndexOf(':')
    const say = (message: string) =>
      problems.push({
        file: at.slice(0, colon),
        line: Number(at.slice(colon + 1)),
        column: 1,
        message,
        severity: 'error',
      })
    const before = id === undefined ? undefined : rows.get(id)
    if (id === undefined) say('id: is missing; outcomes are joined to questions by it')
    else if (before !== undefined) say(`id: "${id}" stands already at ${questions[before]?.at}`)
    else rows.set(id, row)
  })
  return rows
}

const linesOf = async (file: string, say: Say): Promise<readonly Line[]> => {
  const text = await readText(file).catch((error: Error) => error)
  if (text instanceof Error) {
    say(1, `cannot be read: ${text.message}`)
    return []
  }
  try {
    const options = { bom: true, info: true, skip_empty_lines: true, relax_column_count: true, trim: true }
    const parsed = parseCsv(text, options) as unknown as { record: string[]; info: { lines: number } }[]
    const beginning = beginnings()
    return parsed.map(({ record, info }) => ({ line: beginning(record, info.lines), cells: record }))
  } catch (error) {
    const lines = (error as { lines?: unknown }).lines
    say(
      typeof lines === 'number' ? lines : 1,
      `is not CSV: ${error instanceof Error ? error.message : error}`,
    )
    return []
  }
}

const expertsIn = ({ line, cells: [id, ...experts] }: Line, say: Say): string[] => {
  if (id !== 'id') say(line, `the first column must be id, not "${id}"`)
  if (experts.length === 0) say(line, 'has no column of an expert: the first line must be id,expert,expert,…')
  experts.forEach((expert, i) => {
    if (expert === '') say(line, `column ${i + 2} has no name`)
    else if (experts.indexOf(expert) !== i) say(line, `expert "${expert}" has two columns`)
  })
  return experts
}

const values = new Map([
  ['1', 1],
  ['0', 0],
  ['', -1],
])

const fill = (table: OutcomeTable, rows: readonly Line[], rowOf: ReadonlyMap<string, number>, say: Say) => {
  const { experts, outcomes } = table
  const seen = new Map<string, number>()
  for (const { line, cells: all } of rows) {
    const [id = '', ...cells] = all
    const row = rowOf.get(id)
    const before = seen.get(id)
    if (cells.length !== experts.length) {
      say(line, `has ${all.length} columns, the first line has ${experts.length + 1}`)
    } else if (before !== undefined) say(line, `id "${id}" stands already in line ${before}`)
    else if (row === undefined) say(line, `no question has the id "${id}"`)
    else
      cells.forEach((cell, e) => {
        const value = values.get(cell)
        const column = outcomes[e]
        if (value === undefined) say(line, `${experts[e]}: must be 1, 0 or empty, not "${cell}"`)
        else if (column !== undefined) column[row] = value
      })
    if (before === undefined) seen.set(id, line)
  }
}
