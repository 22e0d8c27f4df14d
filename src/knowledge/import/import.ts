import { resolve } from 'node:path'
import { readText } from '../context.ts'
import type { Problem } from '../problem.ts'
import { type Columns, columnsOf, type Renamed } from './columns.ts'
import { type FormatName, formatOf, formats } from './format.ts'
import type { Records } from './records.ts'
import { type ImportedRow, type Naming, rowOf } from './row.ts'
import { filesIn, type SourceFile } from './source-files.ts'
import { readTaskNames, slugOf, type TaskNames } from './task-names.ts'

export type Wanted = {
  readonly sources: readonly string[]
  readonly format: FormatName | 'auto'
  readonly columns: Renamed
  readonly task: string | undefined
  /** A file that says which name is which task. */
  readonly tasks: string | undefined
  /** Only files of this split: `dev`, `test`, ... */
  readonly split: string | undefined
  /** Files that are about to be written: no source, should they lie among them. */
  readonly paths: readonly string[]
}

export type Imported = {
  readonly rows: readonly ImportedRow[]
  /** What cannot be used, each with its file and line. */
  readonly problems: readonly Problem[]
  readonly files: readonly { readonly file: string; readonly format: FormatName; readonly rows: number }[]
}

/** Reads question sets as others publish them. Bad rows are problems; the others are still returned. */
export const importAll = async (wanted: Wanted): Promise<Imported> => {
  const names = wanted.tasks === undefined ? undefined : await readTaskNames(wanted.tasks)
  const found = await filesIn(wanted.sources)
  const others = new Set(
    [...wanted.paths, ...(wanted.tasks === undefined ? [] : [wanted.tasks])].map(path => resolve(path)),
  )
  const files = found.files.filter(
    ({ path, split }) => !others.has(resolve(path)) && (wanted.split === undefined || split === wanted.split),
  )
  const problems: Problem[] = [...found.problems]
  if (files.length === 0 && problems.length === 0) {
    const only = wanted.split === undefined ? '' : ` of the split "${wanted.split}"`
    problems.push(problemAt(wanted.sources[0] ?? '.', 1, `holds no file${only}`))
  }
  const read: { file: SourceFile; format: FormatName; rows: ImportedRow[] }[] = []
  for (const file of files) {
    const { format, rows, problems: own } = await readOne(file, wanted, names)
    read.push({ file, format, rows })
    problems.push(...own)
  }
  return {
    rows: withIds(read),
    problems,
    files: read.map(({ file, format, rows }) => ({ file: file.path, format, rows: rows.length })),
  }
}

const problemAt = (file: string, line: number, message: string): Problem => ({
  file,
  line,
  column: 1,
  message,
  severity: 'error',
})

type OneFile = { readonly format: FormatName; readonly rows: ImportedRow[]; readonly problems: Problem[] }

const readOne = async (file: SourceFile, wanted: Wanted, names: TaskNames | undefined): Promise<OneFile> => {
  const text = await readText(file.path).catch((error: Error) => error)
  const isAuto = wanted.format === 'auto'
  if (text instanceof Error) {
    const problems = [problemAt(file.path, 1, `cannot be read: ${text.message}`)]
    return { format: isAuto ? 'csv' : wanted.format, rows: [], problems }
  }
  const format = wanted.format === 'auto' ? formatOf(file, text, wanted.columns) : wanted.format
  const records = formats[format].read(text)
  const columnsFor = rememberedColumns(wanted.columns)
  const whole = records.names === undefined ? undefined : columnsFor(records.names)
  if (typeof whole === 'string') return { format, rows: [], problems: [problemAt(file.path, 1, whole)] }
  const naming = { file, fileIsTask: formats[format].fileIsTask, task: wanted.task, names }
  return { format, ...rowsOf(records, columnsFor, naming) }
}

const rowsOf = (records: Records, columnsFor: ColumnsFor, naming: Naming) => {
  const { path } = naming.file
  const rows: ImportedRow[] = []
  const problems = records.rows.length === 0 ? [problemAt(path, 1, 'holds no rows')] : []
  const lineOf = new Map<string, number>()
  for (const record of records.rows) {
    const { line } = record
    const row = 'problem' in record ? [record.problem] : rowIn(record.value, line, columnsFor, naming)
    const wrong = Array.isArray(row) ? row : twice(row, lineOf)
    problems.push(...wrong.map(message => problemAt(path, line, message)))
    if (Array.isArray(row) || wrong.length > 0) continue
    rows.push(row)
    if (row.id !== undefined) lineOf.set(row.id, line)
  }
  return { rows, problems }
}

const twice = ({ id }: ImportedRow, lineOf: ReadonlyMap<string, number>): string[] => {
  const before = id === undefined ? undefined : lineOf.get(id)
  return before === undefined ? [] : [`id: "${id}" stands at line ${before} as well`]
}

type ColumnsFor = (names: readonly string[]) => Columns | string

/** JSON rows may differ in what they hold: looked up once for each kind of row. */
const rememberedColumns = (renamed: Renamed): ColumnsFor => {
  const known = new Map<string, Columns | string>()
  return names => {
    const kind = names.join('\n')
    const columns = known.get(kind) ?? columnsOf(names, renamed)
    known.set(kind, columns)
    return columns
  }
}

const rowIn = (
  value: unknown,
  line: number,
  columnsFor: ColumnsFor,
  naming: Naming,
): ImportedRow | string[] => {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return ['line: is not an object']
  const columns = columnsFor(Object.keys(value))
  return typeof columns === 'string'
    ? [columns]
    : rowOf(value as Record<string, unknown>, line, columns, naming)
}

/** Ids that two files share, and those that are missing, begin with the file's name: outcomes are found by them. */
const withIds = (read: readonly { file: SourceFile; rows: readonly ImportedRow[] }[]): ImportedRow[] => {
  const rows = read.flatMap(({ rows }) => rows)
  const seen = new Set<string>()
  const shared = new Set(
    rows.flatMap(({ id }) => (id === undefined || (!seen.has(id) && seen.add(id)) ? [] : [id])),
  )
  return read.flatMap(({ file, rows }) => {
    const prefix = slugOf(file.within.replace(/\.gz$/i, '').replace(/\.[a-z]+$/i, ''))
    return rows.map(row => {
      if (row.id !== undefined && !shared.has(row.id)) return row
      return { ...row, id: `${prefix}-${row.id ?? `line-${row.at.slice(row.at.lastIndexOf(':') + 1)}`}` }
    })
  })
}
