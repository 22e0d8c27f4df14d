import { columnsOf, type Renamed } from './columns.ts'
import { bareCsv, headedCsv, jsonArray, lines, looksBare, type Records } from './records.ts'
import type { SourceFile } from './source-files.ts'

type Format = {
  read(text: string): Records
  /** Where a row that does not say its task has it from: its file's name, or nowhere. */
  readonly fileIsTask: boolean
}

export const formats = {
  /** Folders `dev` and `test` of one CSV a subject: id, question, A, B, C, D, answer, explanation. */
  'devops-eval': { read: headedCsv, fileIsTask: true },
  /** One array a subject: question, choices, answer; or no choices and the answer a text. */
  opseval: { read: jsonArray, fileIsTask: true },
  /** CSV with a header, the domain in a column or in the file's name. */
  owl: { read: headedCsv, fileIsTask: true },
  /** CSV without a header: question, options, letter. */
  mmlu: { read: bareCsv, fileIsTask: true },
  csv: { read: headedCsv, fileIsTask: false },
  jsonl: { read: lines, fileIsTask: false },
} as const satisfies Readonly<Record<string, Format>>

export type FormatName = keyof typeof formats
export const isFormat = (name: string): name is FormatName => Object.hasOwn(formats, name)

/** By ending and first lines. A header with options and nothing else that could be a task is an exam's. */
export const formatOf = ({ path }: SourceFile, text: string, renamed: Renamed): FormatName => {
  if (!/\.[ct]sv(\.gz)?$/i.test(path)) return /^\ufeff?\s*\[/.test(text) ? 'opseval' : 'jsonl'
  if (renamed.size === 0 && looksBare(text)) return 'mmlu'
  const header = headedCsv(text.slice(0, 65_536)).names ?? []
  const columns = columnsOf(header, renamed)
  if (typeof columns === 'string' || columns.letters.length < 2) return 'csv'
  return columns.task === undefined ? 'devops-eval' : 'owl'
}
