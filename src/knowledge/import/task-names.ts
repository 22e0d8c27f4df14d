import { readText } from '../context.ts'
import { parseFile } from '../document.ts'
import { identifier } from '../identifier.ts'
import { UNKNOWN } from '../map.ts'
import { InvalidFilesError, type Problem } from '../problem.ts'
import { headedCsv } from './records.ts'

/** The task that a name stands for: a file's, a category's, a topic's. */
export type TaskNames = ReadonlyMap<string, string>

export const isTask = (name: string) => identifier.safeParse(name).success

/** `UnitTesting`, `unit testing` and `unit_testing.csv` are one name. */
const plain = (name: string) =>
  name
    .normalize('NFKC')
    .replace(/\.(csv|tsv|jsonl?|ndjson)(\.gz)?$/i, '')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}+#]+/gu, '')

/** Each name in turn; `*` stands for all that are not listed. */
export const taskFor = (names: TaskNames, wanted: readonly string[]): string | undefined =>
  wanted.map(name => names.get(plain(name))).find(task => task !== undefined) ?? names.get('*')

/** A name as a task's: `RootCauseAnalysis` becomes `root-cause-analysis`. */
export const slugOf = (name: string): string =>
  name
    .normalize('NFKC')
    .replace(/([a-z0-9])([A-Z])/g, '$1-$2')
    .replace(/([A-Z]+)([A-Z][a-z])/g, '$1-$2')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}.]+/gu, '-')
    .replace(/^[-.]+|[-.]+$/g, '')

/** YAML or JSON (`name: task`), or a CSV of two columns. The category list of DevOps-Eval is read as it comes. */
export const readTaskNames = async (file: string): Promise<TaskNames> => {
  const text = await readText(file).catch((error: Error) => error)
  if (text instanceof Error) throw refused([at(file, 1, `cannot be read: ${text.message}`)])
  const pairs = /\.csv(\.gz)?$/i.test(file) ? fromCsv(file, text) : fromYaml(file, text)
  const problems = pairs.filter(({ task }) => task !== UNKNOWN && !isTask(task)).map(({ problem }) => problem)
  if (problems.length > 0) throw refused(problems)
  return new Map(pairs.map(({ name, task }) => [name === '*' ? name : plain(name), task]))
}

type Pair = { readonly name: string; readonly task: string; readonly problem: Problem }

const fromCsv = (file: string, text: string): Pair[] => {
  const { names = [], rows } = headedCsv(text)
  if (names.length !== 2) throw refused([at(file, 1, 'needs two columns: a name and its task')])
  const records = rows.map(row => {
    if ('problem' in row) throw refused([at(file, row.line, row.problem)])
    return { line: row.line, cells: Object.values(row.value as Record<string, string>) }
  })
  const isHeader = names[1]?.toLowerCase() === 'task'
  return [...(isHeader ? [] : [{ line: 1, cells: names }]), ...records].map(({ line, cells }) => {
    const [name = '', task = ''] = cells.map(cell => cell.trim())
    return { name, task, problem: at(file, line, noTask(task)) }
  })
}

const fromYaml = (file: string, text: string): Pair[] => {
  const document = parseFile(file, text, {})
  if (document.problems.length > 0) throw refused(document.problems)
  const { value } = document
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    throw refused([at(file, 1, 'must be a list of "name: task"')])
  }
  return Object.entries(value).map(([name, said]: [string, unknown]) => {
    // DevOps-Eval lists names, counts and, last, the stage of the lifecycle in capitals.
    const task = Array.isArray(said) ? String(said.at(-1)).toLowerCase() : String(said)
    return { name, task, problem: document.problem([name], noTask(task)) }
  })
}

const noTask = (task: string) => `"${task}" cannot be the name of a task (letters, digits, ".", "-" and "_")`

const at = (file: string, line: number, message: string): Problem => ({
  file,
  line,
  column: 1,
  message,
  severity: 'error',
})
const refused = (problems: readonly Problem[]) => new InvalidFilesError(problems, [])
