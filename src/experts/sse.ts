/** Where the first event with data ends and where its data begins, in the bytes of an event stream. */
export type FirstEvent = { readonly end: number; readonly dataAt: number; readonly data: string }

const CR = 13
const LF = 10

/**
 * Finds the first event that carries data. Comments and events without data (keep-alives) come before it and are
 * no answer yet. Undefined while it is not complete.
 */
export const firstEvent = (bytes: Buffer): FirstEvent | undefined => {
  let data: { at: number; lines: string[] } | undefined
  for (let at = 0; at < bytes.length; ) {
    const line = lineAt(bytes, at)
    if (line === undefined) return undefined
    if (line.end === at) {
      if (data !== undefined) return { end: line.next, dataAt: data.at, data: data.lines.join('\n') }
    } else if (bytes.subarray(at, at + 5).toString('latin1') === 'data:') {
      const valueAt = bytes[at + 5] === 32 ? at + 6 : at + 5
      data ??= { at: valueAt, lines: [] }
      data.lines.push(bytes.toString('utf8', valueAt, line.end))
    }
    at = line.next
  }
  return undefined
}

/** A line ends with LF, CRLF or CR; a CR that ends the bytes may be half of a CRLF. */
const lineAt = (bytes: Buffer, from: number): { end: number; next: number } | undefined => {
  for (let at = from; at < bytes.length; at++) {
    if (bytes[at] === LF) return { end: at, next: at + 1 }
    if (bytes[at] !== CR) continue
    if (at + 1 === bytes.length) return undefined
    return { end: at, next: bytes[at + 1] === LF ? at + 2 : at + 1 }
  }
  return undefined
}

export const event = (data: string): Uint8Array => Buffer.from(`data: ${data}\n\n`)
