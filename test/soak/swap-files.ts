import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { rows, tasks } from './files.ts'
import { NAMES } from './named-experts.ts'

export type SwapFiles = ReturnType<typeof createSwapFiles>

/** A map that has two other experts each time, so that an answer tells which map it is of. */
export const createSwapFiles = (url: (name: string) => string) => {
  const folder = mkdtempSync(join(tmpdir(), 'coe-swaps-'))
  const [mapPath, contextPath] = [join(folder, 'map.json'), join(folder, 'context.jsonl')]
  let current: readonly string[] = []
  const mapOf = (round: number) => {
    current = [0, 1].map(next => NAMES[(round + next) % NAMES.length] ?? '')
    return {
      name: `round-${round}`,
      context: ['context.jsonl'],
      tasks: Object.fromEntries(tasks.map(id => [id, { description: id, experts: current }])),
      unknown: current,
      experts: Object.fromEntries(current.map(name => [name, { url: url(name), model: 'm' }])),
    }
  }
  const writeMap = (round: number) => {
    writeFileSync(`${mapPath}~`, JSON.stringify(mapOf(round)))
    renameSync(`${mapPath}~`, mapPath)
  }
  writeFileSync(contextPath, rows.map(row => `${JSON.stringify(row)}\n`).join(''))
  writeMap(0)
  return {
    folder,
    mapPath,
    contextPath,
    mapOf,
    writeMap,
    /** Of the map that was made last. */
    experts: () => current,
    exampleOf: (round: number) =>
      `${JSON.stringify({ question: `why does build ${round} of the pipeline fail`, task: 'build' })}\n`,
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}
