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

/** How far the bytes have been looked through: what was seen once is not looked at again. */
type Scan = {
  /** Where the line begins that is not complete yet, and up to where its end has been looked for. */
  lineFrom: number
  seen: number
  data: { at: number; lines: string[] } | undefined
  name: string | undefined
}

/**
 * Finds the first event that carries data. Comments and events without data (keep-alives) come before it and are
 * no answer yet. Undefined while it is not complete.
 */
export const firstEvent = (bytes: Buffer): FirstEvent | undefined => findIn(bytes, beginning())

const beginning = (): Scan => ({ lineFrom: 0, seen: 0, data: undefined, name: undefined })

const findIn = (bytes: Buffer, scan: Scan): FirstEvent | undefined => {
  for (;;) {
    const at = scan.lineFrom
    const line = lineAt(bytes, Math.max(at, scan.seen))
    if (line === undefined) {
      // The last byte is looked at again: it may be half of a CRLF.
      scan.seen = bytes.length - 1
      return undefined
    }
    scan.lineFrom = line.next
    if (line.end > at) read(scan, bytes, at, line.end)
    else {
      const data = scan.data?.lines.join('\n') ?? ''
      if (scan.data !== undefined && data !== '')
        return { end: line.next, dataAt: scan.data.at, data, name: scan.name }
      scan.data = undefined
      scan.name = undefined
    }
  }
}

const read = (scan: Scan, bytes: Buffer, at: number, end: number) => {
  if (bytes.toString('latin1', at, at + 5) === 'data:') {
    const valueAt = bytes[at + 5] === 32 ? at + 6 : at + 5
    scan.data ??= { at: valueAt, lines: [] }
    scan.data.lines.push(bytes.toString('utf8', valueAt, end))
  } else if (bytes.toString('latin1', at, at + 6) === 'event:') {
    scan.name = bytes.toString('utf8', at + 6, end).trim()
  }
}

/**
 * The beginning of a stream while it arrives. Both the bytes kept and the work done grow with what has come, however
 * finely it is cut: an expert that drips or pours must not hold up everybody else's requests.
 */
export const createHead = () => {
  const scan = beginning()
  let room: Buffer = Buffer.alloc(0)
  let size = 0
  return {
    /** The first event, once it is complete. */
    add(chunk: Uint8Array): FirstEvent | undefined {
      room = size === 0 ? bufferOf(chunk) : withRoomFor(room, size, chunk)
      size += chunk.length
      return findIn(room.subarray(0, size), scan)
    },
    bytes: () => room.subarray(0, size),
  }
}

/** The room doubles, so that no byte is moved often. */
const withRoomFor = (room: Buffer, size: number, chunk: Uint8Array): Buffer => {
  const needed = size + chunk.length
  const larger = needed <= room.length ? room : Buffer.allocUnsafe(Math.max(needed, 2 * room.length))
  if (larger !== room) room.copy(larger, 0, 0, size)
  larger.set(chunk, size)
  return larger
}

const bufferOf = ({ buffer, byteOffset, byteLength }: Uint8Array) =>
  Buffer.from(buffer, byteOffset, byteLength)

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

/** What the first event is: an answer, an error in its place however it is written, or nothing that is known. */
export const meaningOf = ({ name, data }: FirstEvent): 'answer' | 'error' | 'nonsense' => {
  if (name === 'error') return 'error'
  try {
    const value: unknown = JSON.parse(data)
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'nonsense'
    const { error, type }: { error?: unknown; type?: unknown } = value
    return error != null || type === 'error' ? 'error' : 'answer'
  } catch {
    return 'nonsense'
  }
}

export const event = (data: string): Uint8Array => Buffer.from(`data: ${data}\n\n`)
