import { ownWords } from '../../routing/own-words.ts'
import { inOptions, letterOf, readSaid, type Said, textAt, textWithin } from './said.ts'

/** A letter, or why there is none: the reply is cut off or empty, names several, one that is not there, or none. */
export type ReadAnswer =
  | { readonly letter: string }
  | { readonly unreadable: 'empty' | 'several' | 'beyond' | 'nothing' }

/** The answer stands at the end; what was said long before does not count. */
const READ_CHARS = 8_000
/** So much behind a statement is looked at. */
const SAID_CHARS = 400

/**
 * Finds the chosen option in an expert's reply. The last plain statement wins (`the answer is (C)`, `Answer: C`,
 * `\boxed{C}`, `"answer": "C"`, `答案是C`, a last line that is a letter), then the last in passing (`C is correct`, `I
 * choose C`), then a reply that is little else than a letter or an option's own text. It never guesses: two letters at
 * once are none.
 */
export const readAnswer = (reply: string, options: readonly string[]): ReadAnswer => {
  const text = simplified(lastOf(ownWords(reply, () => false)))
  if (text.trim() === '') return { unreadable: 'empty' }
  for (const find of [stated, inPassing, bare, byText]) {
    const said = find(text, options)
    if (said === 'nothing') continue
    return typeof said === 'string' ? { unreadable: said } : said
  }
  return { unreadable: 'nothing' }
}

const lastOf = (text: string) => (text.length <= READ_CHARS ? text : text.slice(-READ_CHARS))

/** Without what is only dress: emphasis, LaTeX, full-width letters, tags around the answer. */
const simplified = (text: string): string =>
  text
    .normalize('NFKC')
    .replace(/\\(?:text|mathrm|mathbf|textbf|mathit|operatorname|bf|rm)\s{0,3}\{([^{}]{0,300})\}/g, '$1')
    .replace(/\\(?:boxed|fbox)\s{0,3}\{([^{}]{0,300})\}/g, ' answer: $1\n')
    .replace(/<\/?(?:final_?)?(?:answer|choice)>/gi, tag => (tag.startsWith('</') ? '\n' : ' answer: '))
    .replace(/\\[()[\]]|\$/g, ' ')
    .replace(/\*{1,3}|(?<![\p{L}\p{N}])_{1,3}(?=\S)|(?<=\S)_{1,3}(?![\p{L}\p{N}])|^\s{0,3}#{1,6}\s/gmu, '')
    .replace(/^```[a-z]{0,10}\s*$/gim, '')

const NOUN =
  'answers?|ans|(?:correct|right|best|final|chosen|selected|appropriate|suitable)\\s{1,3}(?:option|choice|letter|one)|my\\s{1,3}(?:choice|pick|selection)|antwort|lösung|réponse|respuesta|resposta|risposta|ответ|정답|답|答え|正解|答案|正确(?:的)?选项|正确的是|最合适的是|选项|(?<=["\'])(?:final_|selected_|correct_)?(?:choice|option|letter|prediction|label)(?=["\'])'
const MEANS =
  "(?<!\\p{Script=Latin})(?:is|are|was|ist|est|es|è|é|must be|should be|would be|will be|has to be)(?![\\p{L}'’])|[:=】]|->|→|(?<=\\s)[-–—](?=\\s)|是|为|為|应为|应是|应该是|应该选|应选|选择|选|は|은|는"
const BETWEEN = '[^\\n.:=;!?。；]{0,60}?'
/** `Answer A is too risky` is a remark about A, and no answer. */
const aboutOne = /[\s("][A-Z](?=[\s)",:])/
const statement = new RegExp(`(?<![\\p{Script=Latin}])(?:${NOUN})["'\`]?${BETWEEN}(?:${MEANS})`, 'giu')
/** `故选C`, `选 C`; not `不选C`. */
const chosen =
  /(?<![不没勿非别]|不[应能该可])(?:选择|選擇|选|選|我(?:认为|觉得)(?:是|选)?)\s{0,2}:?\s{0,2}(?=[("「]{0,2}[A-Z](?![A-Za-z]))/gu

/** A line that is nothing but a letter: `C`, `(C)`, `Option C.`, `Answer C` */
const letterLine =
  /^[\s>("'`[{-]{0,6}(?:(?:the\s)?(?:final\s)?(?:answer|option|choice|选项|答案)\s{0,2})?[("'`[{]{0,3}([A-Za-z])[)"'`\]}]{0,3}[.。!]?[\s)]{0,3}$/iu

const stated = (text: string, options: readonly string[]): Said => {
  const last = linesOf(text).at(-1) ?? ''
  const letter = letterLine.exec(last)?.[1]
  if (letter !== undefined) return inOptions(letter, options)
  const found = [...text.matchAll(statement), ...text.matchAll(chosen)]
    .filter(({ 0: match }) => !aboutOne.test(match))
    .sort((a, b) => a.index - b.index)
  for (const { index, 0: match } of found.reverse()) {
    const from = index + match.length
    const said = readSaid(text.slice(from, from + SAID_CHARS), options)
    if (said !== 'nothing') return said
  }
  return headed(text, options)
}

/** `Final answer` as a heading, the letter below it. */
const headed = (text: string, options: readonly string[]): Said => {
  const lines = linesOf(text)
  const at = lines.findLastIndex(line =>
    /^\s*(?:the\s)?(?:final\s|correct\s)?(?:answer|答案)\s*$/i.test(line),
  )
  return at < 0 || at === lines.length - 1 ? 'nothing' : readSaid(lines[at + 1] ?? '', options)
}

const remark =
  /(?:option|choice|answer|选项)?\s{0,2}["'`([]{0,2}(?<![\p{Script=Latin}\d])([A-Z])(?![\p{Script=Latin}\d])["'`)\].]{0,3}\s{0,2}(?:选项)?\s{0,2}(?:(?:is|seems|appears|looks|would be)\s(?:to be\s)?(?:clearly\s|definitely\s|thus\s|therefore\s|indeed\s)?(?:the\s)?(?:most\s|best\s|only\s)?(?:correct|right|best|appropriate|accurate|suitable|likely|answer|choice|option|fit)(?!ly|\s+(?:avoided|when|only|if))|(?:是)?(?:最)?(?:正确|对的|合适|恰当|符合))/gu
const choosing =
  /(?<!\b(?:not|never|cannot|to)\s|n['’]t\s)\b(?:choose|pick|select|go(?:ing)? with|opt for|say|settle on|it is|it['’]s|i(?:['’]d)? (?:think|believe|guess)(?: it is| it['’]s)?|definitely|probably)\s{1,3}(?:option|answer|choice|letter)?\s{0,2}["'`([]{0,2}([A-Z])(?=[)\]"'`.,;:!]|\s*$|\s*\n|\s(?:because|since|as|for)\b)/giu

const inPassing = (text: string, options: readonly string[]): Said => {
  const found = [...text.matchAll(remark), ...text.matchAll(choosing)]
    .sort((a, b) => a.index - b.index)
    .at(-1)
  const letter = found?.[1]
  return letter === undefined || letter !== letter.toUpperCase() ? 'nothing' : inOptions(letter, options)
}

const marked = /^[\s>"'`-]{0,4}(?:(?:option|answer|选项)\s)?[("'`[]{0,2}([A-Z])(?:[)\].:、]|\s[-–—]\s)/iu

const lastSentence = /[.!?:]\s[("]?([A-Z])[)"]?[.!]?\s{0,3}$/

/** A letter first and the reason below; a list of all options says nothing. */
const bare = (text: string, options: readonly string[]): Said => {
  const lines = linesOf(text)
  const first = letterLine.exec(lines[0] ?? '')?.[1]
  const letters = lines.flatMap(line => marked.exec(line)?.[1]?.toUpperCase() ?? [])
  if (first !== undefined) return inOptions(first, options)
  if (/^[("]?[A-Z][)"]?,/.test(lines[0] ?? '')) return readSaid(lines[0] ?? '', options)
  const distinct = [...new Set(letters)]
  if (distinct.length > 1) return 'several'
  const closing = lastSentence.exec(lines.at(-1) ?? '')?.[1]
  if (closing !== undefined && distinct.length === 0) return inOptions(closing, options)
  return distinct[0] !== undefined && (marked.test(lines[0] ?? '') || marked.test(lines.at(-1) ?? ''))
    ? inOptions(distinct[0], options)
    : 'nothing'
}

const byText = (text: string, options: readonly string[]): Said => {
  const lines = linesOf(text)
  const [first = '', last = ''] = [lines[0], lines.at(-1)]
  const within = textWithin(last, options)
  const row = within === 'several' ? within : (textAt(last, options) ?? textAt(first, options) ?? within)
  return row === undefined ? 'nothing' : row === 'several' ? row : { letter: letterOf(row) }
}

const linesOf = (text: string) => text.split('\n').filter(line => /[\p{L}\p{N}]/u.test(line))
