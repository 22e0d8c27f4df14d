import { extentOf, isEscaped, type OnName, stringEnd } from './extent.ts'

/** Byte-level edits of a JSON object: everything that is not edited stays exactly as it came. */

/** A name, quotes included, and what is behind its colon. */
export type Place = { readonly start: number; readonly end: number; readonly valueAt: number }

const QUOTE = 34
const COMMA = 44
const OPENING = 123
const CLOSING = 125
/** `[` and `{`, `]` and `}` differ from one another in this bit alone. */
const BRACE = 32
const BOUNDLESS = { depth: Infinity, values: Infinity, members: Infinity }

const isSpace = (byte: number | undefined) => byte === 32 || byte === 10 || byte === 13 || byte === 9
const opens = (byte: number) => (byte | BRACE) === OPENING
const closes = (byte: number) => (byte | BRACE) === CLOSING

/** The same object with one top-level member set to a string, wherever it stands and however often. */
export const withMember = (
  json: Buffer,
  name: string,
  value: string,
  places: readonly Place[] = placesOf(json, name),
): Buffer => {
  const replacement = Buffer.from(JSON.stringify(value))
  const own = places.filter(place => isKey(json, place, name))
  if (own.length === 0) return withFirst(json, `${JSON.stringify(name)}:${replacement}`)
  const parts: Buffer[] = []
  let at = 0
  for (const { valueAt } of own) {
    const start = skipSpace(json, valueAt)
    parts.push(json.subarray(at, start), replacement)
    at = valueEnd(json, start)
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

/** Where members of that name may stand in a JSON text that is read anyway: told of each name, it knows. */
export const createPlaces = (
  json: Buffer,
  name: string,
): { readonly all: Place[]; readonly onName: OnName } => {
  const all: Place[] = []
  const quoted = Buffer.from(JSON.stringify(name))
  return {
    all,
    onName(start, end, valueAt, depth) {
      if (depth !== 1) return
      const same = end - start === quoted.length && quoted.compare(json, start, end) === 0
      if (same || isEscaped(json, start, end)) all.push({ start, end, valueAt })
    },
  }
}

const placesOf = (json: Buffer, name: string): readonly Place[] => {
  const places = createPlaces(json, name)
  extentOf(json, BOUNDLESS, places.onName)
  return places.all
}

/** The bytes are known to be valid JSON by now. */
const isKey = (json: Buffer, { start, end }: Place, name: string) => {
  const key = json.toString('utf8', start + 1, end - 1)
  return key === name || (key.includes('\\') && JSON.parse(`"${key}"`) === name)
}

const skipSpace = (json: Buffer, from: number) => {
  let at = from
  while (at < json.length && isSpace(json[at])) at++
  return at
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
