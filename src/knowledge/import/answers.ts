/** The right option's letter; or a text where there are no options; or why it is neither. */
export type Answer =
  | { readonly letter: string }
  | { readonly text: string }
  /** Right in several ways, which one letter cannot say. */
  | { readonly several: true }
  | { readonly none: true }
  | { readonly problem: string }

const oneLetter = /^[([【]?\s*([A-Za-z])\s*[)\]】]?\s*[.。:：、]?$/
const letterAndText = /^[([【]?([A-Z])[)\]】]?\s*[.。:：、)]?\s+(.+)$/s
const severalLetters = /^[A-Z](?:\s*[,，、;；/&+]\s*[A-Z]|\s+[A-Z])+$/

export const answerOf = (raw: unknown, options: readonly string[] | undefined): Answer => {
  if (raw === undefined || raw === null || raw === '') return { none: true }
  if (Array.isArray(raw)) return answerOf(raw.map(String).join(','), options)
  if (typeof raw === 'number' && options !== undefined) return byNumber(raw, options)
  const text = String(raw).trim()
  if (text === '') return { none: true }
  const letter = oneLetter.exec(text)?.[1]?.toUpperCase()
  if (letter !== undefined) return byLetter(letter, options ?? [])
  if (severalLetters.test(text)) return bySeveral(text, options)
  return options === undefined ? { text } : byText(text, options)
}

const letterAt = (i: number) => String.fromCharCode(65 + i)

/** JSON files that number the right option count from nought. */
const byNumber = (number: number, options: readonly string[]): Answer =>
  Number.isInteger(number) && number >= 0 && number < options.length
    ? { letter: letterAt(number) }
    : { problem: `answer: ${number} is beyond the ${options.length} options, counted from 0` }

const byLetter = (letter: string, options: readonly string[]): Answer =>
  letter.charCodeAt(0) - 65 < options.length
    ? { letter }
    : { problem: `answer: "${letter}" is beyond the ${options.length} options` }

const bySeveral = (text: string, options: readonly string[] | undefined): Answer => {
  const letters = text.match(/[A-Z]/g) ?? []
  const beyond = letters.find(letter => options !== undefined && letter.charCodeAt(0) - 65 >= options.length)
  return beyond === undefined ? { several: true } : byLetter(beyond, options ?? [])
}

const byText = (text: string, options: readonly string[]): Answer => {
  const at = options.findIndex(option => same(option, text))
  if (at >= 0) return { letter: letterAt(at) }
  // Letters without a space between them, unless an option reads like that: TCP, ACID.
  if (/^[A-Z]{2,}$/.test(text) && [...text].every(letter => letter.charCodeAt(0) - 65 < options.length)) {
    return { several: true }
  }
  const [, letter, rest] = letterAndText.exec(text) ?? []
  const option = letter === undefined ? undefined : options[letter.charCodeAt(0) - 65]
  if (letter !== undefined && option !== undefined && rest !== undefined && same(option, rest))
    return { letter }
  return { problem: `answer: "${shortened(text)}" is neither a letter nor one of the options` }
}

const same = (a: string, b: string) => plain(a) === plain(b)
const plain = (text: string) => text.replace(/\s+/g, ' ').trim().toLowerCase()
export const shortened = (text: string) => (text.length > 60 ? `${text.slice(0, 57)}...` : text)
