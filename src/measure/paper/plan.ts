import { GatewayError } from '../../errors.ts'
import type { PromptTemplate } from '../../knowledge/prompt.ts'
import type { TaskMap } from '../../knowledge/task-map.ts'
import type { Ask } from '../rank/prompt.ts'
import type { RankQuestion } from '../rank/questions.ts'
import { shareOf } from '../split.ts'
import { type SetName, setNames, taskSets, tasksIn } from './task-sets.ts'

export type PaperPlan = {
  readonly map: TaskMap
  readonly sets: readonly QuestionSet[]
  /** Each a set of experts that is judged for itself; all of them are asked once. */
  readonly expertSets: readonly (readonly string[])[]
  readonly prompt: Ask
  /** Null where the map has no classifier that could be asked. */
  readonly classifier: Classifier | null
  readonly dataPath: string
  readonly contextShare: number
  readonly seed: number
  readonly maxCost: number | undefined
  readonly maxTokens: number
  readonly concurrency: number
}

export type Classifier = {
  readonly expert: string
  readonly prompts: { readonly withContext: PromptTemplate; readonly withoutContext: PromptTemplate }
}

/** The questions of one task set: those that are known, and those that are asked. */
export type QuestionSet = {
  readonly name: SetName
  readonly tasks: readonly string[]
  readonly context: readonly RankQuestion[]
  readonly asked: readonly RankQuestion[]
}

type Divided = { readonly contextShare: number; readonly seed: number }

/** Divides the questions of each wanted set. A set that nobody named and that has no questions is left out. */
export const questionSets = (
  questions: readonly RankQuestion[],
  wanted: SetName | 'both',
  { contextShare, seed }: Divided,
): QuestionSet[] => {
  const names = wanted === 'both' ? setNames : [wanted]
  const sets = names.flatMap(name => {
    const own = questions.filter(({ task }) => tasksIn(name).includes(task))
    const tasks = tasksIn(name).filter(task => own.some(question => question.task === task))
    if (tasks.length < 2 && wanted === 'both') return []
    if (tasks.length < 2) throw tooFew(name, tasks)
    const { first: context, rest: asked } = shareOf(own, contextShare, seed)
    return [{ name, tasks, context, asked }]
  })
  if (sets.length === 0) {
    const known = setNames.flatMap(tasksIn).join(', ')
    throw new GatewayError('invalid_request', `No task set has questions of two of its tasks: ${known}.`)
  }
  return sets
}

const tooFew = (name: SetName, tasks: readonly string[]) => {
  const has = tasks.length === 0 ? 'none' : `only ${tasks.join(', ')}`
  const wanted = tasksIn(name).join(', ')
  return new GatewayError(
    'invalid_request',
    `Task set ${name} needs questions of two of its tasks at least (${wanted}); there are ${has}.`,
  )
}

/** What is not as in the paper, or is left out, is said. */
export const notesFor = (questions: readonly RankQuestion[], { sets, classifier }: PaperPlan): string[] => {
  const used = sets.reduce((sum, { context, asked }) => sum + context.length + asked.length, 0)
  const missing = sets.flatMap(({ name, tasks }) => {
    const absent = taskSets[name].tasks.filter(names => !names.some(task => tasks.includes(task)))
    return absent.length === 0
      ? []
      : [
          `Task set ${name} has no questions of ${absent.map(([task]) => task).join(', ')}: it is not the whole set.`,
        ]
  })
  return [
    ...missing,
    ...(used < questions.length
      ? [`${questions.length - used} questions belong to no task set that is measured: they are not asked.`]
      : []),
    ...(classifier === null
      ? ['The map has no classifier behind a url: only the neighbours tell the tasks apart.']
      : []),
  ]
}
