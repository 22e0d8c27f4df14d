import { type FileHandle, mkdir, open, rename } from 'node:fs/promises'
import { dirname } from 'node:path'

export type RotatingFile = {
  /** Puts a line at the end as soon as can be. Never throws and never waits: a full disk is nobody's failed request. */
  append(line: string): void
  /** Resolves when all that was given is written, or could not be. */
  close(): Promise<void>
}

export type RotatingFileOptions = {
  readonly path: string
  /** Beyond it the file is put aside under `before`, and what lay there is gone. */
  readonly maxBytes: number
  readonly before: string
  /** Told when a line is lost for the first time since the last that was kept. */
  readonly onLost: (error: unknown) => void
  /** Lines that may wait for the disk. */
  readonly limit?: number
}

/** A file that grows line by line, in bounded room on disk and in memory. */
export const createRotatingFile = ({ limit = 1_000, ...options }: RotatingFileOptions): RotatingFile => {
  let waiting: string[] = []
  let writing: Promise<void> | undefined
  let losing = false

  const lost = (error: unknown) => {
    if (!losing) options.onLost(error)
    losing = true
  }
  const writeAll = async () => {
    while (waiting.length > 0) {
      const text = waiting.map(line => `${line}\n`).join('')
      waiting = []
      try {
        await write(options, text)
        losing = false
      } catch (error) {
        lost(error)
      }
    }
    writing = undefined
  }
  return {
    append(line) {
      if (waiting.length >= limit) return lost(new Error(`${limit} lines wait for the disk already`))
      waiting.push(line)
      writing ??= writeAll()
    },
    async close() {
      await writing
    },
  }
}

const write = async ({ path, maxBytes, before }: RotatingFileOptions, text: string) => {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  const file = await openAtEnd(path)
  try {
    // A process that was killed may have left half a line, which must not swallow the next one.
    await file.handle.appendFile(file.endsMidLine ? `\n${text}` : text)
    if (file.size + text.length < maxBytes) return
    await rename(path, before)
  } finally {
    await file.handle.close()
  }
}

/** Opened for each batch: whoever moves the file away, or empties it, finds the next lines in a new one. */
const openAtEnd = async (
  path: string,
): Promise<{ handle: FileHandle; size: number; endsMidLine: boolean }> => {
  // What people said is nobody else's business.
  const handle = await open(path, 'a+', 0o600)
  try {
    const { size } = await handle.stat()
    if (size === 0) return { handle, size, endsMidLine: false }
    const { buffer } = await handle.read(Buffer.alloc(1), 0, 1, size - 1)
    return { handle, size, endsMidLine: buffer[0] !== 10 }
  } catch (error) {
    await handle.close()
    throw error
  }
}
