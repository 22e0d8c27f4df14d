import { describe } from '../errors.ts'
import { type Remembered, shown } from './decisions.ts'
import { createRotatingFile } from './rotating-file.ts'

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
}

/** A disk that cannot keep up loses lines; it does not take memory without end. */
const MOST_WAITING = 10_000
const EVERY_MS = 200

/** Decisions as lines of JSON in a file that is begun anew when it has grown. Never in the way of a request. */
export const createDecisionFile = (options: DecisionFileOptions): DecisionFile => {
  const { path, maxBytes, older = 4, onProblem } = options
  const file = createRotatingFile<Remembered>({
    path,
    maxBytes,
    before: Array.from({ length: older }, (_, age) => `${path}.${age + 1}`),
    lineOf: decision => JSON.stringify(shown(decision)),
    limit: MOST_WAITING,
    everyMs: EVERY_MS,
    onLost: error => onProblem?.(`decisions are not written to ${path}: ${describe(error)}`),
  })
  return {
    write: file.append,
    problem() {
      const lost = file.lost()
      return lost && `decisions are missing in ${path}, ${lost.lines} of them: ${describe(lost.error)}`
    },
    close: file.close,
  }
}
