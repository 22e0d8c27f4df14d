import { parse as parseCsv } from 'csv-parse/sync'
import { beginnings, jsonRows, type Row } from '../rows.ts'

/** The records of one file, each with the line it begins in. */
export type Records = { readonly names: readonly string[] | undefined; readonly rows: readonly Row[] }

type Line = { readonly line: number; readonly cells: readonly string[] }

/** A wrong quote costs the records it swallows, not the file. */
const csvLines = (text: string, delimiter: string) => {
  const problems: Row[] = []
  const onSkip = (error?: { lines?: number; message: string }) => {
    problems.push({ line: error?.lines ?? 1, column: 1, problem: `is not CSV: ${error?.message}` })
    return undefined
  }
  const parsed = parseCsv(text, {
    bom: true,
    delimiter,
    info: true,
    skip_empty_lines: true,
    relax_column_count: true,
    relax_quotes: true,
    skip_records_with_error: true,
    on_skip: onSkip,
  }) as unknown as { record: string[]; info: { lines: number } }[]
  const beginning = beginnings()
  const lines = parsed.map(
    ({ record, info }): Line => ({ line: beginning(record, info.lines), cells: record }),
  )
  return { lines, problems }
}

const breaksIn = (cell: string) => cell.split('\n').length - 1

/** With a header; the delimiter is what stands in it most often. */
export const headedCsv = (text: string): Records => {
  const { lines, problems } = csvLines(text, delimiterOf(text))
  const [header, ...others] = lines
  const names = header?.cells.map(cell => cell.trim()) ?? []
  const rows = others.map(({ line, cells }): Row => {
    if (cells.length > names.length) {
      const problem = `has ${cells.length} columns where the header has ${names.length} (a comma without quotes?)`
      return { line, column: 1, problem }
    }
    return { line, column: 1, value: Object.fromEntries(names.map((name, i) => [name, cells[i] ?? ''])) }
  })
  return { names, rows: [...problems, ...rows] }
}

/** Without a header, as MMLU has it: question, options, letter. */
export const bareCsv = (text: string): Records => {
  const { lines, problems } = csvLines(text, ',')
  const rows = lines.map(({ line, cells }): Row => {
    if (cells.length < 4) {
      return {
        line,
        column: 1,
        problem: `has ${cells.length} columns: question, options and letter are needed`,
      }
    }
    return { line, column: 1, value: Object.fromEntries(cells.map((cell, i) => [bareName(i, cells), cell])) }
  })
  return { names: undefined, rows: [...problems, ...rows] }
}

const bareName = (i: number, { length }: { length: number }) => {
  if (i === 0) return 'question'
  return i === length - 1 ? 'answer' : String.fromCharCode(64 + i)
}

export const looksBare = (text: string): boolean => {
  const [first] = csvLines(text.slice(0, 65_536), ',').lines
  return first !== undefined && first.cells.length >= 4 && /^[A-Z]$/.test(first.cells.at(-1)?.trim() ?? '')
    ? first.cells[0]?.trim().toLowerCase() !== 'question' && !/^[A-Z]$/.test(first.cells.at(-2)?.trim() ?? '')
    : false
}

const delimiterOf = (text: string): string => {
  const header = text.slice(0, text.search(/\r?\n|$/)).replace(/"[^"]*"/g, '')
  const counts = [',', ';', '\t'].map(mark => ({ mark, count: header.split(mark).length }))
  return counts.reduce((most, other) => (other.count > most.count ? other : most)).mark
}

export const lines = (text: string): Records => ({ names: undefined, rows: [...jsonRows(text)] })

/** A JSON array whose elements are parsed one by one: each knows its line, and a bad one costs itself alone. */
export const jsonArray = (text: string): Records => ({ names: undefined, rows: [...elements(text)] })

function* elements(text: string): Generator<Row> {
  let [counted, line] = [0, 1]
  const lineAt = (at: number) => {
    line += breaksIn(text.slice(counted, at))
    counted = at
    return line
  }
  if (!/^\ufeff?\s*\[/.test(text)) {
    yield { line: 1, column: 1, problem: 'is not a JSON array' }
    return
  }
  for (const { from, to } of slices(text)) {
    const source = text.slice(from, to)
    const start = lineAt(from + (source.length - source.trimStart().length))
    if (to === text.length)
      yield { line: start, column: 1, problem: 'ends in the middle: the array is not closed' }
    else if (source.trim() !== '') yield elementOf(source, start)
  }
}

const token = /"[^"\\]*(?:\\[\s\S][^"\\]*)*"|[[\]{},]/g

const stepOf: Readonly<Record<string, number>> = { '[': 1, '{': 1, ']': -1, '}': -1 }

/** Where the elements of the outermost array stand; one that is cut off ends where the text does. */
function* slices(text: string): Generator<{ from: number; to: number }> {
  let [depth, from] = [0, 0]
  for (const { 0: mark, index } of text.matchAll(token)) {
    if (depth === 1 && (mark === ',' || mark === ']')) {
      yield { from, to: index }
      from = index + 1
    }
    depth += stepOf[mark] ?? 0
    if (depth === 0) return
    if (depth === 1 && from === 0) from = index + 1
  }
  yield { from, to: text.length }
}

const elementOf = (source: string, line: number): Row => {
  try {
    return { line, column: 1, value: JSON.parse(source) }
  } catch (error) {
    const problem = `is not JSON: ${error instanceof Error ? error.message : String(error)}`
    return { line, column: 1, problem }
  }
}
