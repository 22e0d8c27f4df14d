import type { SetName } from '../measure/paper/task-sets.ts'
import { countIn, refuseOptions } from './bench-wanted.ts'
import { type Invocation, UsageError } from './command.ts'
import { filesIn } from './lists.ts'
import { sumIn, textIn } from './rank-wanted.ts'

export type PaperWanted = {
  readonly questions: readonly string[]
  readonly set: SetName | 'both'
  /** Undefined: all experts of the map, as one set. */
  readonly expertSets: readonly (readonly string[])[] | undefined
  readonly contextShare: number
  readonly seed: number
  readonly prompt: string | undefined
  readonly maxCost: number | undefined
  readonly maxTokens: number
  readonly concurrency: number
}

type Values = Invocation['values']

/** Of the other kinds of bench, none of which has a use here. */
const others = [
  ...['context', 'folds', 'share', 'draws', 'classifier', 'without', 'perturb', 'allow-overlap'],
  ...['outcomes', 'fit', 'per-task', 'budget', 'new-expert', 'pools', 'classifier-accuracy'],
]

export const paperWantedBy = (values: Values): PaperWanted => {
  refuseOptions(values, others, 'paper')
  const questions = filesIn(values.questions)
  if (questions.length === 0 || values.map === undefined) {
    throw new UsageError('bench paper needs --questions and --map.')
  }
  return {
    questions,
    set: setIn(values.set),
    expertSets: expertSetsIn(values.experts),
    contextShare: shareIn(values['context-share']),
    seed: countIn(values, 'seed', 1),
    prompt: textIn(values.prompt),
    maxCost: sumIn(values, 'max-cost'),
    maxTokens: countIn(values, 'max-tokens', 4_096),
    concurrency:
      values.concurrency === undefined ? Number.POSITIVE_INFINITY : countIn(values, 'concurrency', 1),
  }
}

const setIn = (value: Values[string]): SetName | 'both' => {
  const set = String(value ?? 'both')
  if (set !== 'A' && set !== 'B' && set !== 'both') {
    throw new UsageError(`--set must be A (AIOps), B (lifecycle) or both, not "${set}".`)
  }
  return set
}

/** `--experts a,b --experts c,d`: two sets, judged one beside the other. */
const expertSetsIn = (value: Values[string]): string[][] | undefined => {
  if (!Array.isArray(value)) return undefined
  const sets = value.map(one => [...new Set(filesIn([one]))])
  if (sets.some(experts => experts.length < 2)) {
    throw new UsageError('--experts needs two experts at least in each set: a,b.')
  }
  return sets
}

const shareIn = (value: Values[string]): number => {
  const share = Number(value ?? 0.2)
  if (share > 0 && share < 1) return share
  throw new UsageError(`--context-share must lie between 0 and 1 (0.2 is a fifth), not "${value}".`)
}
