import { createHash } from 'node:crypto'
import { resolve } from 'node:path'
import { describe } from '../errors.ts'
import type { Environment } from '../knowledge/document.ts'
import { errorsOf, formatProblem } from '../knowledge/problem.ts'
import { fingerprint, replaceFile } from '../knowledge/replace-file.ts'
import { readMap, type TaskMap } from '../knowledge/task-map.ts'
import { changedMap, type MapChanges } from '../knowledge/write-scores.ts'
import { changesFor } from '../measure/rank/outcome.ts'
import type { Judged } from './rank-result.ts'
import type { RankWanted } from './rank-wanted.ts'

type Given = { readonly wanted: RankWanted; readonly result: Judged; readonly environment: Environment }

/** Writes the measured map, or says why it was not written. */
export const writeMap = async (
  map: TaskMap,
  text: string,
  { wanted, result, environment }: Given,
): Promise<string | undefined> => {
  const { ranking } = result.report
  if (ranking === undefined) return 'No map was written: there is no answer at all.'
  const [from, to] = [wanted.map, resolve(wanted.out)]
  const changes = changesFor(map, { tallies: result.tallies, ranking, unpin: wanted.unpin, from, to })
  const changed = textOf(text, changes)
  if (changed instanceof Error) return `No map was written: ${from} cannot be edited. ${describe(changed)}`
  const problems = errorsOf(readMap(to, changed, environment).problems)
  if (problems.length > 0)
    return `No map was written: it would not be usable. ${problems.map(formatProblem).join(' ')}`
  const hash = createHash('sha256').update(text).digest('hex')
  if ((await fingerprint(from)) !== hash) return elsewhere(from)
  const inPlace = to === from
  const written = await replaceFile(
    to,
    changed,
    inPlace ? { expected: { fingerprint: hash }, backup: `${to}.bak` } : {},
  )
  return written === 'written' ? undefined : elsewhere(from)
}

/** Of a file that cannot be edited the answers are not lost. */
const textOf = (text: string, changes: MapChanges): string | Error => {
  try {
    return changedMap(text, changes)
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  }
}

const elsewhere = (file: string) =>
  `No map was written: ${file} was changed by somebody else meanwhile. The same command puts the scores into what stands there now; it asks nothing again.`
