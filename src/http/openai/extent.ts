export type Extent = {
  readonly depth: number
  readonly values: number
  /** Values with a name; they cost several times as much. */
  readonly members: number
}

/** Hears of each name: where it stands with its quotes, where the colon behind it ends, and how deep that is. */
export type OnName = (start: number, end: number, valueAt: number, depth: number) => void

const QUOTE = 34
const COMMA = 44
const COLON = 58
const BACKSLASH = 92
/** `[` and `{`, `]` and `}` differ from one another in this bit alone. */
const BRACE = 32
const OPEN = 123
const CLOSE = 125

/**
 * How deep a JSON text goes and how many values it may hold, without parsing it: ten megabytes of `{},` would be a
 * gigabyte of objects. Strings, of which most of a request consists, are jumped over. Stops beyond the limits.
 */
export const extentOf = (json: Buffer, most: Extent, onName?: OnName): Extent => {
  let depth = 0
  let deepest = 0
  let values = 1
  let members = 0
  let [nameAt, nameEnd] = [0, 0]
  const enough = () => deepest > most.depth || values > most.values || members > most.members
  for (let at = 0; at < json.length && !enough(); at++) {
    const byte = json[at] as number
    if (byte === QUOTE) {
      nameAt = at
      nameEnd = stringEnd(json, at)
      at = nameEnd - 1
    } else if (byte === COMMA) values++
    else if (byte === COLON) {
      members++
      onName?.(nameAt, nameEnd, at + 1, depth)
    } else if ((byte | BRACE) === OPEN) {
      values++
      deepest = Math.max(deepest, ++depth)
    } else if ((byte | BRACE) === CLOSE) depth--
  }
  return { depth: deepest, values, members }
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

/** Whether a string holds an escape: then it is not what it looks like. */
export const isEscaped = (json: Buffer, start: number, end: number): boolean => {
  for (let at = start; at < end; at++) if (json[at] === BACKSLASH) return true
  return false
}
