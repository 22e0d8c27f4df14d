import { relative } from 'node:path'

/** Something wrong in a file that a user owns, and where. */
export type Problem = {
  readonly file: string
  readonly line: number
  readonly column: number
  readonly message: string
  /** A warning is said and lived with; an error keeps the file from being used. */
  readonly severity: 'error' | 'warning'
}

export const errorsOf = (problems: readonly Problem[]) => problems.filter(p => p.severity === 'error')
export const warningsOf = (problems: readonly Problem[]) => problems.filter(p => p.severity === 'warning')

export const shortPath = (file: string) => {
  const path = relative(process.cwd(), file)
  if (path.startsWith('..')) return file
  return path === '' ? '.' : path
}

export const formatProblem = (problem: Problem): string => {
  const { file, line, column, message, severity } = problem
  return `${shortPath(file)}:${line}:${column}: ${severity === 'warning' ? 'warning: ' : ''}${message}`
}

/** Thrown with every problem of every file, never with the first alone. */
export class InvalidFilesError extends Error {
  readonly problems: readonly Problem[]
  /** What was read to find them: a change of any may mend it. */
  readonly files: readonly string[]
  constructor(problems: readonly Problem[], files: readonly string[]) {
    super(problems.map(formatProblem).join('\n'))
    this.name = 'InvalidFilesError'
    this.problems = problems
    this.files = files
  }
}
