import { mkdir, open, rename, stat } from 'node:fs/promises'
import { dirname } from 'node:path'

export type RotatingFile<T = string> = {
  /** Puts a line at the end, soon. Never throws and never waits: a full disk is nobody's failed request. */
  readonly append: (entry: T) => void
  /** How many lines are lost since the last that were kept, and why. */
  lost(): Lost | undefined
  /** Resolves when all that was given is written, or could not be. */
  close(): Promise<void>
}

type Lost = { readonly lines: number; readonly error: unknown }

export type RotatingFileOptions<T = string> = {
  readonly path: string
  /** From this size on the file is put aside before the next line, and another one begun. */
  readonly maxBytes: number
  /** Where it is put, and what lay there before it, the newest first. What lay in the last is gone. */
  readonly before: string | readonly string[]
  /** Told when a line is lost for the first time since the last that was kept. */
  readonly onLost: (error: unknown) => void
  /** Done when it is written, not when it is given. */
  readonly lineOf?: (entry: T) => string
  /** Lines that may wait for the disk. */
  readonly limit?: number
  /** Lines wait so long for others that are written with them. */
  readonly everyMs?: number
}

/** A file that grows line by line, in bounded room on disk and in memory. */
export const createRotatingFile = <T = string>(options: RotatingFileOptions<T>): RotatingFile<T> => {
  const { onLost, lineOf = String, limit = 1_000, everyMs = 0 } = options
  let waiting: T[] = []
  let writing: Promise<void> | undefined
  let timer: NodeJS.Timeout | undefined
  let lost: Lost | undefined

  const lose = (lines: number, error: unknown) => {
    if (lost === undefined) onLost(error)
    lost = { lines: (lost?.lines ?? 0) + lines, error }
  }
  const write = async () => {
    const batch = waiting
    waiting = []
    try {
      await rotate(options)
      await append(options.path, batch.map(entry => `${lineOf(entry)}\n`).join(''))
      lost = undefined
    } catch (error) {
      lose(batch.length, error)
    }
    writing = undefined
    soon()
  }
  const now = () => {
    clearTimeout(timer)
    timer = undefined
    if (waiting.length > 0) writing ??= write()
  }
  const soon = () => {
    if (everyMs === 0) now()
    else if (waiting.length > 0) timer ??= setTimeout(now, everyMs).unref()
  }
  return {
    append(entry) {
      if (waiting.length >= limit) return lose(1, new Error(`${limit} lines wait for the disk already`))
      waiting.push(entry)
      soon()
    },
    lost: () => lost,
    async close() {
      for (now(); writing !== undefined; now()) await writing
    },
  }
}

const rotate = async <T>({ path, maxBytes, before }: RotatingFileOptions<T>) => {
  const size = (await stat(path).catch(() => undefined))?.size ?? 0
  if (size < maxBytes) return
  const places = [path, before].flat()
  for (let age = places.length - 1; age > 0; age--) {
    await rename(places[age - 1] ?? path, places[age] ?? path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error
    })
  }
}

/** Opened for each batch: whoever moves the file away, or empties it, finds the next lines in a new one. */
const append = async (path: string, text: string) => {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  // What people said is nobody else's business.
  const handle = await open(path, 'a+', 0o600)
  try {
    const { size } = await handle.stat()
    const { buffer } = await handle.read(Buffer.alloc(1), 0, 1, Math.max(0, size - 1))
    // A process that was killed may have left half a line, which must not swallow the next one.
    await handle.writeFile(size > 0 && buffer[0] !== 10 ? `\n${text}` : text)
  } finally {
    await handle.close()
  }
}
