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
  const beginning = beginnings()
  for (const { record, info } of records) {
    const place = { line: beginning(Object.values(record), info.lines), column: 1 }
    const gap = gapIn(record)
    yield gap === undefined
      ? { ...place, value: fromCsv(record) }
      : { ...place, problem: `options: ${gap} is empty, and one after it is not` }
  }
}

/**
 * The lines at which a CSV's records begin, asked for in their order. The parser counts to a record's end, and a line
 * break of two characters within quotes twice.
 */
export const beginnings = () => {
  let tooMany = 0
  return (cells: readonly string[], linesToItsEnd: number): number => {
    const text = cells.join(' ')
    const line = linesToItsEnd - tooMany - countOf(/[\r\n]/g, text)
    tooMany += countOf(/\r\n/g, text)
    return line
  }
}

const countOf = (pattern: RegExp, text: string) => text.match(pattern)?.length ?? 0

const fromCsv = (record: Record<string, string>): Record<string, unknown> => {
  const { options, keywords, ...columns } = record
  const filled = Object.entries(columns).filter(([name, value]) => value !== '' && !/^[A-Z]$/.test(name))
  if (keywords !== undefined && keywords !== '') {
    return { ...Object.fromEntries(filled), keywords: splitOptions(keywords) }
  }
  const listed = options === undefined || options === '' ? letterColumns(record) : splitOptions(options)
  return { ...Object.fromEntries(filled), ...(listed.length > 0 ? { options: listed } : {}) }
}

const letterColumns = (record: Record<string, string>) =>
  lettersOf(record)
    .map(name => record[name] ?? '')
    .filter(value => value !== '')

const lettersOf = (record: Record<string, string>) =>
  Object.keys(record)
    .filter(name => /^[A-Z]$/.test(name))
    .sort()

/** Empty columns at the end are options that a question does not have; one before another would shift its letter. */
const gapIn = (record: Record<string, string>): string | undefined => {
  const { options, keywords } = record
  if (options || keywords) return undefined
  const letters = lettersOf(record)
  const last = letters.findLastIndex(name => record[name] !== '')
  return letters.slice(0, last + 1).find(name => record[name] === '')
}

const splitOptions = (text: string): string[] => {
  if (!text.trimStart().startsWith('[')) return text.split('|').map(part => part.trim())
  try {
    const parsed: unknown = JSON.parse(text)
    return Array.isArray(parsed) ? parsed.map(String) : [text]
  } catch {
    return [text]
  }
}

const knownKeys = new Set([
  'question',
  'task',
  'keywords',
  'options',
  'answer',
  'id',
  'lang',
  'source',
  'reply',
  'fold',
  'explanation',
])

/** Warns of keys that look like a slip of the fingers, each once a file; others are a user's own and welcome. */
export const spellChecker = () => {
  const seen = new Set(knownKeys)
  return (row: Row): string[] => {
    if (!('value' in row) || row.value === null || typeof row.value !== 'object') return []
    const unseen = Object.keys(row.value).filter(key => !seen.has(key) && seen.add(key))
    return unseen.flatMap(key => {
      const nearest = nearestKey(key)
      return nearest === undefined ? [] : [`"${key}" is not a known key; did you mean "${nearest}"?`]
    })
  }
}

const nearestKey = (key: string): string | undefined => {
  const word = key.trim().toLowerCase()
  for (const slips of [0, 1, 2]) {
    const near = [...knownKeys].find(known => slips <= slipsIn(known) && isWithin(slips, word, known))
    if (near !== undefined) return near
  }
  return undefined
}

/** The shorter a word, the sooner another one that is meant as it stands looks like it. */
const slipsIn = (word: string) => (word.length > 7 ? 2 : word.length > 2 ? 1 : 0)

/** Whether so many letters too many, too few, wrong or swapped lead from one to the other. */
const isWithin = (slips: number, a: string, b: string): boolean => {
  let same = 0
  while (same < a.length && a[same] === b[same]) same++
  const [x, y] = [a.slice(same), b.slice(same)]
  if (x === y) return true
  if (slips === 0 || Math.abs(x.length - y.length) > slips) return false
  const isSwap = x.length > 1 && x[0] === y[1] && x[1] === y[0]
  return (
    isWithin(slips - 1, x.slice(1), y) ||
    isWithin(slips - 1, x, y.slice(1)) ||
    isWithin(slips - 1, x.slice(1), y.slice(1)) ||
    (isSwap && isWithin(slips - 1, x.slice(2), y.slice(2)))
  )
}
