import { stringEnd } from './splice.ts'

export type Extent = {
  readonly depth: number
  readonly values: number
  /** Values with a name; they cost several times as much. */
  readonly members: number
}

const QUOTE = 34
const COMMA = 44
const COLON = 58
/** `[` and `{`, `]` and `}` differ from one another in this bit alone. */
const BRACE = 32
const OPEN = 123
const CLOSE = 125

/**
 * How deep a JSON text goes and how many values it may hold, without parsing it: ten megabytes of `{},` would be a
 * gigabyte of objects. Strings, of which most of a request consists, are jumped over. Stops beyond the limits.
 */
export const extentOf = (json: Buffer, most: Extent): Extent => {
  let depth = 0
  let deepest = 0
  let values = 1
  let members = 0
  const enough = () => deepest > most.depth || values > most.values || members > most.members
  for (let at = 0; at < json.length && !enough(); at++) {
    const byte = json[at] as number
    if (byte === QUOTE) at = stringEnd(json, at) - 1
    else if (byte === COMMA) values++
    else if (byte === COLON) members++
    else if ((byte | BRACE) === OPEN) {
      values++
      deepest = Math.max(deepest, ++depth)
    } else if ((byte | BRACE) === CLOSE) depth--
  }
  return { depth: deepest, values, members }
}
