import { dirname, relative } from 'node:path'
import type { Problem } from '../../knowledge/problem.ts'

/** A file as the map names it: from the map's own folder. */
export const fromMap = (file: string, mapPath: string) =>
  relative(dirname(mapPath), file).replaceAll('\\', '/')

export const problemsFrom = (problems: readonly Problem[], mapPath: string) =>
  problems.map(({ file, line, column, message, severity }) => ({
    file: fromMap(file, mapPath),
    line,
    column,
    message,
    severity,
  }))
