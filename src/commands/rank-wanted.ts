import type { Config } from '../config.ts'
import { isBuiltin } from '../knowledge/map.ts'
import type { TaskMap } from '../knowledge/task-map.ts'
import { type Invocation, UsageError } from './command.ts'
import { filesIn, listIn } from './lists.ts'

export type RankWanted = {
  readonly map: string
  readonly out: string
  readonly questions: readonly string[]
  readonly experts: readonly string[] | undefined
  readonly outcomes: string | undefined
  readonly report: string | undefined
  readonly prompt: string | undefined
  readonly maxCost: number | undefined
  readonly maxTokens: number
  readonly concurrency: number
  readonly budget: number | undefined
  readonly unpin: boolean
}

type Values = Invocation['values']

export const rankWantedBy = (values: Values, { mapPath }: Config): RankWanted => {
  const questions = filesIn(values.questions)
  if (questions.length === 0)
    throw new UsageError('rank needs --questions: files whose right answers are known.')
  return {
    map: mapPath,
    out: textIn(values.out) ?? mapPath,
    questions,
    experts: values.experts === undefined ? undefined : listIn(values.experts),
    outcomes: textIn(values.outcomes),
    report: textIn(values.report),
    prompt: textIn(values.prompt),
    maxCost: sumIn(values, 'max-cost'),
    maxTokens: countIn(values, 'max-tokens') ?? 4_096,
    concurrency: countIn(values, 'concurrency') ?? Number.POSITIVE_INFINITY,
    budget: countIn(values, 'budget'),
    unpin: values.unpin === true,
  }
}

export const textIn = (value: Values[string]) => {
  if (value === '') throw new UsageError('An option that names a file must not be empty.')
  return value === undefined ? undefined : String(value)
}

const countIn = (values: Values, name: string): number | undefined => {
  const value = values[name]
  if (value === undefined) return undefined
  if (!/^[1-9]\d{0,8}$/.test(String(value)))
    throw new UsageError(`--${name} must be a whole number from 1 on, not "${value}".`)
  return Number(value)
}

export const sumIn = (values: Values, name: string): number | undefined => {
  const value = values[name]
  if (value === undefined) return undefined
  if (!/^(?:\d{1,9}(?:\.\d{1,9})?|\.\d{1,9})$/.test(String(value)) || Number(value) === 0)
    throw new UsageError(`--${name} must be a sum such as 2.50, not "${value}".`)
  return Number(value)
}

/** Whom to measure: those named, or all that a call can reach. */
export const expertsWanted = (
  { experts }: TaskMap,
  { experts: named, maxCost }: Pick<RankWanted, 'experts' | 'maxCost'>,
): string[] => {
  const remote = [...experts].filter(([, definition]) => !isBuiltin(definition)).map(([id]) => id)
  const strange = (named ?? []).filter(id => !remote.includes(id))
  if (strange.length > 0 || remote.length === 0 || named?.length === 0) {
    const has =
      remote.length === 0
        ? 'none: set the variables that its experts wait for, or add one'
        : remote.join(', ')
    const which = strange.length > 0 ? `no expert "${strange.join('", "')}"` : 'no expert'
    throw new UsageError(`The map has ${which} behind a url to be measured (it has: ${has}).`)
  }
  const wanted = [...new Set(named ?? remote)]
  const unpriced = wanted.filter(id => {
    const definition = experts.get(id)
    return definition !== undefined && !isBuiltin(definition) && definition.price === undefined
  })
  if (maxCost !== undefined && unpriced.length > 0)
    throw new UsageError(
      `--max-cost needs a price in the map for each expert; there is none for ${unpriced.join(', ')}.`,
    )
  return wanted
}
