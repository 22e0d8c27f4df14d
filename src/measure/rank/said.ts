/** What a statement names: a letter, several, or nothing that can be read. */
export type Said = { readonly letter: string } | 'several' | 'beyond' | 'nothing'

const OPENS = '["\'`“「(\\[{<*_$\\s]{0,8}'
const FILLERS =
  '(?:the|option|options|choice|letter|answer|clearly|definitely|probably|likely|most likely|therefore|thus|simply|indeed)(?![a-z])'
const HAN_FILLERS = '选项|選項|选择|应该是|应为|是|为|选'
/** Words that an answer may stand behind: `the answer is clearly option (C)`. */
const lead = new RegExp(
  `^[\\s:=>-]{0,8}(?:${OPENS}(?:${FILLERS}|${HAN_FILLERS})[\\s:=]{0,4}){0,4}${OPENS}`,
  'iu',
)
/** After a capital: a mark, the end, another script, or a word with which a reason begins. */
const afterCapital =
  /^(?:$|[)\]}>"'`”」*_$](?!\p{L})|[.,;:!?|。、](?!\d)|[-/–—](?!\p{L})|\n|[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]|\s+(?:because|since|as|is|was|and|or|which|with|though|but|not|due|for|und|et|y)(?!\p{L})|\s*[-–—:(,;.\n]|\s*$)/u
/** A small letter may be an article: only what nothing but a letter can be followed by counts. */
const afterSmall = /^(?:[)\]}"'`”」](?!\p{L})|[.,;:!?](?=\s|$|[*_)])|\s*$|\s*\n)/u
const another =
  /^[)\]}"'`”」*_.\s]{0,6}(?:,|&|\/|\+|and|or|und|et|y|和|或|与|及|、)+\s{0,3}(?:also|possibly|maybe|perhaps|option|选项)?\s{0,3}["'`“「([*]{0,3}([A-Z])(?=\s*(?:$|[)\]}"'`”」.,;:!?*、。，]|\n|\p{Script=Han}|(?:and|or|are|both|depending)(?!\p{L})))/u
const negation =
  /^[\s"'`*_(]{0,4}(?:not|neither|never|none|unclear|unknown|不是|不|非)(?!\p{L}*\s+of\s+the\s+above)/iu

/** Reads what stands behind `the answer is`. */
export const readSaid = (said: string, options: readonly string[]): Said => {
  if (negation.test(said) && textAt(said, options) === undefined) return 'nothing'
  const at = lead.exec(said)?.[0].length ?? 0
  const letter = letterAt(said.slice(at), options)
  if (letter !== undefined) return letter
  const line = said.trimStart().split('\n')[0] ?? ''
  return (
    onlyBracketed(line, options) ?? asSaid(textAt(line, options) ?? textAt(line.replace(lead, ''), options))
  )
}

const letterAt = (text: string, options: readonly string[]): Said | undefined => {
  if (/^[A-J]{2,6}(?![\p{L}\d])/u.test(text) && isRun(text)) return 'several'
  const letter = /^[A-Za-z](?![\p{Script=Latin}\d])/u.exec(text)?.[0]
  if (letter === undefined) return undefined
  const rest = text.slice(1)
  const capital = letter === letter.toUpperCase()
  const stands = capital
    ? afterCapital.test(rest) || followsItself(letter, rest, options)
    : afterSmall.test(rest)
  if (!stands) return undefined
  const other = another.exec(rest)?.[1]
  if (other !== undefined && other !== letter && rowOf(other) < options.length) return 'several'
  return inOptions(letter, options)
}

/** `ABD`: letters in their order and none twice, so that no word is taken for them. */
const isRun = (text: string) => {
  const run = [...(/^[A-J]+/.exec(text)?.[0] ?? '')]
  return run.every((letter, i) => i === 0 || letter > (run[i - 1] ?? ''))
}

/** `C restart the pod`, with that option's own text behind its letter. */
const followsItself = (letter: string, rest: string, options: readonly string[]) => {
  const own = options[rowOf(letter)]
  return own !== undefined && startsWith(plain(rest), plain(own))
}

export const rowOf = (letter: string) => letter.toUpperCase().charCodeAt(0) - 65
export const letterOf = (row: number) => String.fromCharCode(65 + row)

export const inOptions = (letter: string, options: readonly string[]): Said =>
  rowOf(letter) >= 0 && rowOf(letter) < options.length ? { letter: letter.toUpperCase() } : 'beyond'

const onlyBracketed = (line: string, options: readonly string[]): Said | undefined => {
  const letters = [...line.matchAll(/[([]([A-Z])[)\]]/g)].map(([, letter = '']) => letter)
  if (letters.length === 0) return undefined
  return new Set(letters).size === 1 ? inOptions(letters[0] ?? '', options) : 'several'
}

const asSaid = (row: number | 'several' | undefined): Said =>
  row === undefined ? 'nothing' : row === 'several' ? 'several' : { letter: letterOf(row) }

/** The option with whose own text this begins: the longest, where one begins with another. */
export const textAt = (said: string, options: readonly string[]): number | 'several' | undefined => {
  const text = plain(said)
  const found = options
    .map((option, row) => ({ row, own: plain(option) }))
    .filter(({ own }) => own !== '' && startsWith(text, own))
    .sort((a, b) => b.own.length - a.own.length)
  const [best, next] = found
  return best !== undefined && best.own === next?.own ? 'several' : best?.row
}

/** The only option that is named anywhere in a line that denies nothing. */
export const textWithin = (line: string, options: readonly string[]): number | 'several' | undefined => {
  const rows = rowsWithin(line, options)
  if (rows.length > 1) return 'several'
  return denial.test(line) ? undefined : rows[0]
}

const denial = /\b(?:not|no|never|neither|nor|cannot|wrong|incorrect)\b|n['’]t\b|[不非没错]/iu

/** Of options that contain each other the longer one is meant. */
const rowsWithin = (line: string, options: readonly string[]): number[] => {
  let left = plain(line)
  return options
    .map((option, row) => ({ row, own: plain(option) }))
    .filter(({ own }) => own.length > 3)
    .sort((a, b) => b.own.length - a.own.length)
    .filter(({ own }) => {
      const here = left.includes(own)
      left = left.replaceAll(own, ' ')
      return here
    })
    .map(({ row }) => row)
}

const startsWith = (text: string, own: string) =>
  text.startsWith(own) && !/^(?:[\p{L}\d]|[.,]\d|%)/u.test(latinOnly(text.slice(own.length), own))

/** Scripts without spaces between words go on at once. */
const latinOnly = (rest: string, own: string) => (/\p{Script=Han}$/u.test(own) ? '' : rest)

export const plain = (text: string) =>
  text
    .toLowerCase()
    .replace(/[*_`"'“”‘’「」$\\]/g, '')
    .replace(/\s+/g, ' ')
    .replace(/^[\s:(]+|[\s.,;:!。，；]+$/g, '')
    .replace(/^(?:the|an?|to) /, '')
