import { readFile } from 'node:fs/promises'
import type { Environment } from '../knowledge/document.ts'
import { errorsOf, InvalidFilesError, type Problem } from '../knowledge/problem.ts'
import { readMap, type TaskMap } from '../knowledge/task-map.ts'
import { type ReadQuestions, readQuestions } from '../measure/rank/questions.ts'

/** A map that can be used, with its text; or everything that is wrong with it. */
export const readGivenMap = async (file: string, environment: Environment) => {
  const text = await readFile(file, 'utf8').catch((error: Error) => error)
  if (text instanceof Error) {
    const message = `cannot be read: ${text.message}`
    throw new InvalidFilesError([{ file, line: 1, column: 1, message, severity: 'error' }], [file])
  }
  const { map, problems } = readMap(file, text, environment)
  if (map === undefined) throw new InvalidFilesError(errorsOf(problems), [file])
  return { map, text }
}

/** Questions of the map's tasks whose right answers are known; or everything that is wrong with them. */
export const readGivenQuestions = async (
  files: readonly string[],
  { tasks }: TaskMap,
): Promise<ReadQuestions> => {
  const read = await readQuestions(files, new Set(tasks.keys()))
  if (read.problems.length > 0) throw new InvalidFilesError(inPlaces(read.problems), files)
  return read
}

const MOST_PROBLEMS = 100

/** Of a file that is wrong from end to end the beginning says enough. */
const inPlaces = (problems: readonly Problem[]): Problem[] => {
  const [first] = problems
  const more = problems.length - MOST_PROBLEMS
  if (first === undefined || more <= 0) return [...problems]
  return [...problems.slice(0, MOST_PROBLEMS), { ...first, message: `and ${more} more problems like these` }]
}
