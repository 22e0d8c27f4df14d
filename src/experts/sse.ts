/** Where the first event with data ends and where its data begins, in the bytes of an event stream. */
export type FirstEvent = {
  readonly end: number
  readonly dataAt: number
  readonly data: string
  /** What its `event:` line says, if it has one. */
  readonly name: string | undefined
}

const CR = 13
const LF = 10

/**
 * Finds the first event that carries data. Comments and events without data (keep-alives) come before it and are
 * no answer yet. Undefined while it is not complete.
 */
export const firstEvent = (bytes: Buffer): FirstEvent | undefined => {
  let data: { at: number; lines: string[] } | undefined
  let name: string | undefined
  for (let at = 0; at < bytes.length; ) {
    const line = lineAt(bytes, at)
    if (line === undefined) return undefined
    if (line.end === at) {
      if (data !== undefined) return { end: line.next, dataAt: data.at, data: data.lines.join('\n'), name }
      name = undefined
    } else if (bytes.toString('latin1', at, at + 5) === 'data:') {
      const valueAt = bytes[at + 5] === 32 ? at + 6 : at + 5
      data ??= { at: valueAt, lines: [] }
      data.lines.push(bytes.toString('utf8', valueAt, line.end))
    } else if (bytes.toString('latin1', at, at + 6) === 'event:') {
      name = bytes.toString('utf8', at + 6, line.end).trim()
    }
    at = line.next
  }
  return undefined
}

/** Whether there is the end of a line in it, without which no event can end. */
export const endsLine = (chunk: Buffer): boolean => chunk.includes(LF) || chunk.includes(CR)

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

/** An error in place of an answer, however it is written: by its name, its type, or a key of its own. */
export const isError = ({ name, data }: FirstEvent): boolean => {
  if (name === 'error') return true
  try {
    const value: { error?: unknown; type?: unknown } | null = JSON.parse(data)
    return value?.error != null || value?.type === 'error'
  } catch {
    return false
  }
}

export const event = (data: string): Uint8Array => Buffer.from(`data: ${data}\n\n`)
