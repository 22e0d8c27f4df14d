import { open, rename, rm, stat } from 'node:fs/promises'
import { describe } from '../errors.ts'
import { type Remembered, shown } from './decisions.ts'

export type DecisionFile = {
  readonly write: (decision: Remembered) => void
  /** Why decisions are not written, while they are not. */
  problem(): string | undefined
  /** Writes what waits, and ends. */
  close(): Promise<void>
}

export type DecisionFileOptions = {
  readonly path: string
  /** From this size on another file is begun. */
  readonly maxBytes: number
  /** Older files that are kept, as `path.1`, the newest, and so on. */
  readonly older?: number
  readonly onProblem?: (problem: string) => void
  /** Lines that wait are written together after so long. */
  readonly everyMs?: number
}

/** A disk that cannot keep up loses lines; it does not take memory without end. */
const MOST_WAITING = 10_000

/** Decisions as lines of JSON in a file that is begun anew when it has grown. Never in the way of a request. */
export const createDecisionFile = (options: DecisionFileOptions): DecisionFile => {
  const { path, maxBytes, older = 4, onProblem, everyMs = 200 } = options
  let waiting: Remembered[] = []
  let problem: string | undefined
  let lost = 0
  let timer: NodeJS.Timeout | undefined
  let writing: Promise<void> = Promise.resolve()

  const flush = async () => {
    const batch = waiting
    waiting = []
    if (batch.length === 0) return
    try {
      await rotate(path, maxBytes, older)
      await append(path, batch.map(one => `${JSON.stringify(shown(one))}\n`).join(''))
      problem = undefined
      lost = 0
    } catch (error) {
      lost += batch.length
      if (problem === undefined) onProblem?.(`decisions are not written to ${path}: ${describe(error)}`)
      problem = `${lost} decisions were not written to ${path}: ${describe(error)}`
    }
  }
  const soon = () => {
    timer = undefined
    writing = writing.then(flush)
  }
  return {
    write(decision) {
      if (waiting.length < MOST_WAITING) waiting.push(decision)
      else lost++
      if (timer === undefined) timer = setTimeout(soon, everyMs).unref()
    },
    problem: () => problem,
    async close() {
      clearTimeout(timer)
      soon()
      await writing
    },
  }
}

/** What was torn by a crash is ended first, so that the next line is whole. Questions may be in it: not for everybody. */
const append = async (path: string, text: string) => {
  const handle = await open(path, 'a+', 0o600)
  try {
    const { size } = await handle.stat()
    const { buffer } = await handle.read(Buffer.alloc(1), 0, 1, Math.max(0, size - 1))
    await handle.writeFile(size > 0 && buffer.toString() !== '\n' ? `\n${text}` : text)
  } finally {
    await handle.close()
  }
}

const rotate = async (path: string, maxBytes: number, older: number) => {
  const size = (await stat(path).catch(() => undefined))?.size ?? 0
  if (size < maxBytes) return
  await rm(`${path}.${older}`, { force: true })
  for (let age = older - 1; age >= 1; age--) {
    await rename(`${path}.${age}`, `${path}.${age + 1}`).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error
    })
  }
  await rename(path, `${path}.1`)
}
