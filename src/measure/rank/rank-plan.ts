import type { TaskMap } from '../../knowledge/task-map.ts'
import type { Source } from './draw.ts'
import type { RemoteExpert } from './expert-run.ts'
import type { Ask } from './prompt.ts'
import type { RankQuestion } from './questions.ts'

export type RankPlan = {
  readonly map: TaskMap
  readonly experts: readonly string[]
  readonly questions: readonly RankQuestion[]
  readonly prompt: Ask
  readonly dataPath: string
  readonly maxCost: number | undefined
  readonly maxTokens: number
  readonly concurrency: number
  /** Which answers to pay for, where not all are; without it, all. */
  readonly budget?: Budget | undefined
}

export type Budget = {
  /** Answers in all, those of earlier runs included. */
  readonly calls: number
  sourceFor(experts: readonly string[], calls: number): Source
}

export const remoteOf = (map: TaskMap, id: string): RemoteExpert => {
  const definition = map.experts.get(id)
  if (definition === undefined || 'builtin' in definition)
    throw new Error(`"${id}" is no expert behind a url.`)
  return definition
}
