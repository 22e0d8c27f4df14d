/** Byte-level edits of a JSON object: everything that is not edited stays exactly as it came. */

type Span = { readonly start: number; readonly end: number }

const QUOTE = 34
const COMMA = 44
const COLON = 58
const BACKSLASH = 92
const OPENING = 123
const CLOSING = 125
/** `[` and `{`, `]` and `}` differ from one another in this bit alone. */
const BRACE = 32
/** Any character of a key may stand as such an escape. */
const ESCAPED = '\\u00'

const isSpace = (byte: number | undefined) => byte === 32 || byte === 10 || byte === 13 || byte === 9
const opens = (byte: number) => (byte | BRACE) === OPENING
const closes = (byte: number) => (byte | BRACE) === CLOSING

/** The same object with one top-level member set to a string, wherever it stands and however often. */
export const withMember = (json: Buffer, name: string, value: string): Buffer => {
  const replacement = Buffer.from(JSON.stringify(value))
  const spans = memberValues(json, name)
  if (spans.length === 0) return withFirst(json, `${JSON.stringify(name)}:${replacement}`)
  const parts: Buffer[] = []
  let at = 0
  for (const { start, end } of spans) {
    parts.push(json.subarray(at, start), replacement)
    at = end
  }
  return Buffer.concat([...parts, json.subarray(at)])
}

/** The same object with a member put in right after its first brace. */
export const withFirst = (json: Buffer, member: string, from = 0): Buffer => {
  const brace = json.indexOf(OPENING, from)
  if (brace < 0) return json
  const next = skipSpace(json, brace + 1)
  const put = json[next] === CLOSING ? member : `${member},`
  const length = Buffer.byteLength(put)
  const result = Buffer.allocUnsafe(json.length + length)
  json.copy(result, 0, 0, brace + 1)
  result.write(put, brace + 1, length, 'utf8')
  json.copy(result, brace + 1 + length, brace + 1)
  return result
}

/** Where the values of a top-level member stand. The bytes are known to be valid JSON. */
const memberValues = (json: Buffer, name: string): Span[] => {
  const spans: Span[] = []
  let at = skipSpace(json, json.indexOf('{') + 1)
  while (at < json.length && json[at] === QUOTE) {
    const keyEnd = stringEnd(json, at)
    const start = skipSpace(json, skipColon(json, keyEnd))
    const end = valueEnd(json, start)
    if (isKey(json, at, keyEnd, name)) {
      spans.push({ start, end })
      if (!mayFollow(json, name, end)) break
    }
    at = skipSpace(json, end)
    if (json[at] === COMMA) at = skipSpace(json, at + 1)
  }
  return spans
}

/** Whether a key may come again, spelt out or with escapes. Mostly not, and the rest need not be walked through. */
const mayFollow = (json: Buffer, name: string, from: number) =>
  json.indexOf(`"${name}"`, from) >= 0 || json.indexOf(ESCAPED, from) >= 0

const isKey = (json: Buffer, start: number, end: number, name: string) => {
  const key = json.toString('utf8', start + 1, end - 1)
  return key === name || (key.includes('\\') && JSON.parse(`"${key}"`) === name)
}

const skipSpace = (json: Buffer, from: number) => {
  let at = from
  while (at < json.length && isSpace(json[at])) at++
  return at
}

const skipColon = (json: Buffer, from: number) => {
  const at = skipSpace(json, from)
  return json[at] === COLON ? at + 1 : at
}

/** The index after a string's closing quote. Long texts are jumped over, not walked through. */
export const stringEnd = (json: Buffer, start: number): number => {
  let at = json.indexOf(QUOTE, start + 1)
  while (at >= 0) {
    let slashes = 0
    while (json[at - 1 - slashes] === BACKSLASH) slashes++
    if (slashes % 2 === 0) return at + 1
    at = json.indexOf(QUOTE, at + 1)
  }
  return json.length
}

const valueEnd = (json: Buffer, start: number): number => {
  const first = json[start] as number
  if (first === QUOTE) return stringEnd(json, start)
  return opens(first) ? containerEnd(json, start) : scalarEnd(json, start)
}

const scalarEnd = (json: Buffer, start: number): number => {
  let at = start
  for (; at < json.length; at++) {
    const byte = json[at] as number
    if (byte === COMMA || closes(byte) || isSpace(byte)) break
  }
  return at
}

const containerEnd = (json: Buffer, start: number): number => {
  let depth = 0
  let at = start
  do {
    const byte = json[at] as number
    if (opens(byte)) depth++
    else if (closes(byte)) depth--
    at = byte === QUOTE ? stringEnd(json, at) : at + 1
  } while (depth > 0 && at < json.length)
  return at
}
