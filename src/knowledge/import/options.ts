import type { Columns } from './columns.ts'

export type Options = { readonly options: readonly string[] | undefined } | { readonly problem: string }

type Raw = Readonly<Record<string, unknown>>

/** The options of a row: one column each, or a list, an object by letters, or a text of either kind. */
export const optionsOf = (raw: Raw, { options: column, letters }: Columns): Options => {
  const listed = column === undefined ? [] : fromList(raw[column])
  if ('problem' in listed) return listed
  return listed.length > 0 ? checked(listed) : checked(letters.map(letter => String(raw[letter] ?? '')))
}

const fromList = (value: unknown): string[] | { problem: string } => {
  if (value === undefined || value === null || value === '') return []
  if (Array.isArray(value)) return value.map(asText)
  if (typeof value === 'object') return byLetters(value as Raw)
  const text = String(value).trim()
  if (!/^[[{]/.test(text)) return text.split('|')
  try {
    return fromList(JSON.parse(text))
  } catch {
    return { problem: 'options: look like JSON and are none' }
  }
}

const asText = (option: unknown): string => {
  if (option === null || typeof option !== 'object') return String(option ?? '')
  const { text, content, value } = option as Raw
  return String(text ?? content ?? value ?? '')
}

const byLetters = (options: Raw) => {
  const letters = Object.keys(options).sort()
  return letters.every((letter, i) => letter.toUpperCase() === String.fromCharCode(65 + i))
    ? letters.map(letter => asText(options[letter]))
    : { problem: `options: are under ${letters.join(', ')}, not under A, B, C, ...` }
}

/** Empty columns at the end are options that a question does not have; one in the middle would shift the letters. */
const checked = (given: readonly string[]): Options => {
  const trimmed = given.map(option => option.trim())
  const last = trimmed.findLastIndex(option => option !== '')
  const options = withoutLetters(trimmed.slice(0, last + 1))
  const empty = options.indexOf('')
  if (empty >= 0) return { problem: `options: ${String.fromCharCode(65 + empty)} is empty` }
  if (options.length > 26) return { problem: `options: ${options.length} are more than there are letters` }
  if (options.length === 1) return { problem: 'options: one alone is no choice' }
  return { options: options.length === 0 ? undefined : options }
}

const lettered = /^[([]?([A-Z])[)\].:：、]\s*(?=\S)/

/** "A. restart it" under A says its letter twice. */
const withoutLetters = (options: readonly string[]): string[] => {
  const allSay = options.every((option, i) => lettered.exec(option)?.[1] === String.fromCharCode(65 + i))
  return options.map(option => (allSay ? option.replace(lettered, '') : option))
}
