import { dirname, resolve } from 'node:path'
import { GatewayError } from '../../errors.ts'
import { UNKNOWN } from '../../knowledge/map.ts'
import type { Snapshot } from '../../knowledge/snapshot.ts'
import type { TaskMap } from '../../knowledge/task-map.ts'
import type { Change } from '../../swaps/change.ts'
import { withMember } from '../openai/splice.ts'
import { fromMap } from './problems.ts'

/** Only files of examples that the map itself names are ever written to. */
export const fileFor = (map: TaskMap, mapPath: string, named: string | undefined): string => {
  const lines = map.context.filter(file => file.endsWith('.jsonl'))
  const file = named === undefined ? lines[0] : resolve(dirname(mapPath), named)
  if (file !== undefined && lines.includes(file)) return file
  const there = lines.map(one => fromMap(one, mapPath)).join(', ') || 'none'
  throw refused(
    named === undefined
      ? 'The map has no context file that ends in .jsonl: only there examples can be added.'
      : `${named} is no .jsonl file of the map's context. There is: ${there}.`,
  )
}

export const placeOf = (map: TaskMap, mapPath: string, at: string): { file: string; line: number } => {
  const colon = at.lastIndexOf(':')
  const line = Number(at.slice(colon + 1))
  if (colon < 1 || !Number.isInteger(line) || line < 1) throw refused('at: must be file:line')
  return { file: fileFor(map, mapPath, at.slice(0, colon)), line }
}

type Added = { readonly question: string; readonly task: string; readonly lang?: string | undefined }

export const withExample =
  ({ question, task, lang }: Added, mapPath: string): Change['edit'] =>
  ({ map, examples }, stands) => {
    checkTask(map, task)
    const known = examples.find(example => example.question === question && example.options === undefined)
    if (known !== undefined) {
      const place = fromMap(known.at, mapPath)
      throw new GatewayError(
        'not_usable',
        `The same question stands at ${place} already, as "${known.task}".`,
      )
    }
    const text = textOf(stands)
    const end = text.endsWith('\r\n') ? '\r\n' : '\n'
    const gap = text === '' || text.endsWith('\n') ? '' : end
    const line = JSON.stringify({ question, task, ...(lang === undefined ? {} : { lang }) })
    return `${text}${gap}${line}${end}`
  }

type Relabelled = { readonly at: string; readonly question: string; readonly task: string }

/** Nothing of the file but the one task is touched. */
export const withTask =
  (line: number, { at, question, task }: Relabelled): Change['edit'] =>
  ({ map }: Snapshot, stands) => {
    checkTask(map, task)
    const lines = textOf(stands).split('\n')
    const before = lines[line - 1] ?? ''
    if (questionIn(before) !== question) {
      throw new GatewayError(
        'version_changed',
        `${at} does not hold this question any more: list the context again.`,
      )
    }
    lines[line - 1] = withMember(Buffer.from(before), 'task', task).toString('utf8')
    return lines.join('\n')
  }

const questionIn = (line: string): unknown => {
  try {
    return JSON.parse(line.replace(/^\ufeff/, ''))?.question
  } catch {
    return undefined
  }
}

const checkTask = ({ tasks }: TaskMap, task: string) => {
  if (task === UNKNOWN || tasks.has(task)) return
  throw refused(`task: the map has no task "${task}" (it has: ${[...tasks.keys(), UNKNOWN].join(', ')})`)
}

/** Bytes that are no text would come out as others than they went in. */
const textOf = (bytes: Buffer): string => {
  const text = bytes.toString('utf8')
  if (Buffer.from(text).equals(bytes)) return text
  throw new GatewayError('not_usable', 'The file is not UTF-8 throughout, so it is not written to.')
}

const refused = (message: string) => new GatewayError('invalid_request', message)
