import { GatewayError } from '../../errors.ts'
import type { Example } from '../../knowledge/context.ts'
import type { Environment } from '../../knowledge/document.ts'
import type { TaskMap } from '../../knowledge/task-map.ts'
import { foldsOf, type Part } from '../parts.ts'
import { type Plan, planFor } from '../plan.ts'
import { type OutcomeTable, readOutcomes } from './outcomes.ts'

/** What was asked for on the command line. */
export type Wanted = {
  readonly questions: readonly string[]
  readonly outcomes: readonly string[]
  readonly map: string | undefined
  /** Decide on the order of experts by the training folds, instead of taking the map's. */
  readonly fit: boolean
  readonly pools: number
  readonly perTask: number | undefined
  readonly budget: number | undefined
  readonly newExpert: string | undefined
  readonly classifierAccuracy: number
  readonly seed: number
}

export type ReplayPlan = {
  /** How the questions are classified. */
  readonly classify: Plan
  readonly map: TaskMap
  readonly questions: readonly Example[]
  /** The part that each question is judged in, by its place. */
  readonly foldOf: Uint8Array
  readonly table: OutcomeTable
  readonly wanted: Wanted
}

/**
 * With a map its own context classifies. Without one four folds of the questions are the context for the fifth: tasks
 * are those of their labels.
 */
export const replayPlanFor = async (wanted: Wanted, environment: Environment): Promise<ReplayPlan> => {
  const { questions: files, map, seed } = wanted
  const classify = await planFor(
    {
      context: map === undefined ? files : [],
      questions: map === undefined ? [] : files,
      map,
      classifier: undefined,
      without: [],
      folds: map === undefined,
      share: undefined,
      perturb: false,
      seed,
    },
    environment,
  )
  const questions = classify.parts.flatMap(part => part.questions)
  const folds = map === undefined ? classify.parts : foldsOf(questions, seed)
  const table = await readAllOutcomes(wanted.outcomes, questions)
  checkExperts(wanted, classify.map, table)
  return { classify, map: classify.map, questions, foldOf: foldOfEach(questions, folds), table, wanted }
}

const foldOfEach = (questions: readonly Example[], folds: readonly Part[]): Uint8Array => {
  const places = new Map(questions.map((question, place) => [question, place]))
  const foldOf = new Uint8Array(questions.length)
  folds.forEach((part, fold) => {
    for (const question of part.questions) foldOf[places.get(question) ?? 0] = fold
  })
  return foldOf
}

/** Several files are read as one table; an expert of two of them must not be two. */
const readAllOutcomes = async (
  files: readonly string[],
  questions: readonly Example[],
): Promise<OutcomeTable> => {
  const tables = await Promise.all(files.map(file => readOutcomes(file, questions)))
  const columns = new Map<string, { column: Int8Array; file: string }>()
  tables.forEach(({ experts, outcomes }, i) => {
    const file = files[i] ?? ''
    experts.forEach((expert, e) => {
      const column = outcomes[e] ?? new Int8Array(0)
      const before = columns.get(expert)
      if (before === undefined) columns.set(expert, { column, file })
      else if (before.column.some((outcome, row) => outcome !== column[row])) {
        throw new GatewayError(
          'invalid_request',
          `Expert "${expert}" has other outcomes in ${file} than in ${before.file}: name them apart.`,
        )
      }
    })
  })
  return { experts: [...columns.keys()], outcomes: [...columns.values()].map(({ column }) => column) }
}

const checkExperts = ({ map: file, fit, newExpert }: Wanted, map: TaskMap, { experts }: OutcomeTable) => {
  const refuse = (message: string) => {
    throw new GatewayError('invalid_request', message)
  }
  if (experts.length < 2) refuse('A replay needs the outcomes of at least two experts.')
  if (file !== undefined && !fit && !experts.some(expert => map.experts.has(expert))) {
    refuse(`No expert of the map has outcomes (there are those of: ${experts.join(', ')}). Fit one: --fit.`)
  }
  if (newExpert !== undefined && newExpert !== 'each' && !experts.includes(newExpert)) {
    refuse(`No expert "${newExpert}" has outcomes (there are: ${experts.join(', ')}).`)
  }
}
