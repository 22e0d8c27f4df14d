import { parse as parseCsv } from 'csv-parse/sync'

/** One record of a file of examples or questions, or why it is none. */
export type Row = { readonly line: number; readonly column: number } & (
  | { readonly value: unknown }
  | { readonly problem: string }
)

export function* jsonRows(text: string): Generator<Row> {
  let line = 0
  for (const source of text.split('\n')) {
    line++
    if (source.trim() === '' || (line === 1 && source.trim() === '\ufeff')) continue
    try {
      yield { line, column: 1, value: JSON.parse(source.replace(/^\ufeff/, '')) }
    } catch (error) {
      yield {
        line,
        column: columnOf(error),
        problem: `is not JSON: ${error instanceof Error ? error.message : error}`,
      }
    }
  }
}

const columnOf = (error: unknown) => {
  const position = error instanceof Error ? /at position (\d+)/.exec(error.message)?.[1] : undefined
  return position === undefined ? 1 : Number(position) + 1
}

/** CSV with a header; option columns are `options` (JSON or `|`-separated) or A, B, C, … */
export function* csvRows(text: string): Generator<Row> {
  let records: { record: Record<string, string>; info: { lines: number } }[]
  try {
    records = parseCsv(text, {
      bom: true,
      columns: true,
      info: true,
      skip_empty_lines: true,
      relax_column_count: false,
    })
  } catch (error) {
    const lines = (error as { lines?: unknown }).lines
    const message = error instanceof Error ? error.message : String(error)
    yield { line: typeof lines === 'number' ? lines : 1, column: 1, problem: `is not CSV: ${message}` }
    return
  }
  for (const { record, info } of records) yield { line: info.lines, column: 1, value: fromCsv(record) }
}

const fromCsv = (record: Record<string, string>): Record<string, unknown> => {
  const { options, ...columns } = record
  const filled = Object.entries(columns).filter(([name, value]) => value !== '' && !/^[A-Z]$/.test(name))
  const listed = options === undefined || options === '' ? letterColumns(record) : splitOptions(options)
  return { ...Object.fromEntries(filled), ...(listed.length > 0 ? { options: listed } : {}) }
}

const letterColumns = (record: Record<string, string>) =>
  Object.keys(record)
    .filter(name => /^[A-Z]$/.test(name))
    .sort()
    .map(name => record[name] ?? '')
    .filter(value => value !== '')

const splitOptions = (text: string): string[] => {
  if (!text.trimStart().startsWith('[')) return text.split('|').map(part => part.trim())
  try {
    const parsed: unknown = JSON.parse(text)
    return Array.isArray(parsed) ? parsed.map(String) : [text]
  } catch {
    return [text]
  }
}
