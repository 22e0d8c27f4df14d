import { resolve } from 'node:path'
import { GatewayError } from '../errors.ts'
import { createModel, type Model } from '../experts/model.ts'
import { type Example, type Keyword, readContext } from '../knowledge/context.ts'
import type { Environment } from '../knowledge/document.ts'
import { isBuiltin, mapSchema, UNKNOWN } from '../knowledge/map.ts'
import { errorsOf, InvalidFilesError } from '../knowledge/problem.ts'
import { readSources, type Sources } from '../knowledge/sources.ts'
import type { TaskMap } from '../knowledge/task-map.ts'
import { drawsOf, foldsOf, type Part } from './parts.ts'

/** What was asked for on the command line. */
export type Wanted = {
  readonly context: readonly string[]
  readonly questions: readonly string[]
  readonly map: string | undefined
  readonly classifier: string | undefined
  /** Tasks held out of the context: their questions count as `unknown`. */
  readonly without: readonly string[]
  readonly folds: boolean
  readonly share: { readonly examples: number; readonly draws: number } | undefined
  readonly perturb: boolean
  readonly seed: number
}

export type Plan = {
  readonly map: TaskMap
  /** Map and prompt; each part puts its own examples in. */
  readonly sources: Sources
  readonly parts: readonly Part[]
  readonly model: Model | undefined
  readonly perturb: boolean
  readonly seed: number
}

/** Reads and checks everything before the first question is asked. */
export const planFor = async (wanted: Wanted, environment: Environment): Promise<Plan> => {
  const given = wanted.map === undefined ? undefined : await readGiven(wanted.map, environment)
  const { examples, keywords } =
    wanted.context.length > 0 ? await readAll(wanted.context) : (given ?? { examples: [], keywords: [] })
  const sources = {
    ...(given ?? withoutMap(examples)),
    keywords: keywords.filter(({ task }) => !wanted.without.includes(task)),
  }
  checkTasks(wanted, examples, given?.map)
  const map = mapFor(wanted, sources.map ?? mapOf(examples))
  const { examples: questions } = await readAll(wanted.questions)
  return {
    map,
    sources,
    parts: partsOf(wanted, examples, questions).map(part => withoutTasks(part, wanted.without)),
    model: modelFor(wanted.classifier, map),
    perturb: wanted.perturb,
    seed: wanted.seed,
  }
}

const readAll = async (files: readonly string[]): Promise<{ examples: Example[]; keywords: Keyword[] }> => {
  const read = await Promise.all(files.map(file => readContext(resolve(file))))
  const problems = errorsOf(read.flatMap(context => context.problems))
  if (problems.length > 0) throw new InvalidFilesError(problems, files)
  return {
    examples: read.flatMap(context => context.examples),
    keywords: read.flatMap(context => context.keywords),
  }
}

const readGiven = async (mapPath: string, environment: Environment): Promise<Sources> => {
  const sources = await readSources(resolve(mapPath), environment)
  const problems = errorsOf(sources.problems)
  if (problems.length > 0) throw new InvalidFilesError(problems, sources.files)
  return { ...sources, problems: [] }
}

/** No experts are needed to see whether tasks are told apart: everything but the tasks is as a map has it by default. */
const mapOf = (examples: readonly Example[]): TaskMap => {
  const {
    $schema: _,
    classifier: __,
    unknown: ___,
    ...defaults
  } = mapSchema.parse({
    name: 'measured',
    context: ['-'],
    tasks: { none: {} },
    experts: { none: { builtin: 'runbook' } },
  })
  const ids = [...new Set(examples.map(({ task }) => task))].filter(task => task !== UNKNOWN).sort()
  return {
    ...defaults,
    tasks: new Map(ids.map(id => [id, { id, title: id, description: '', experts: undefined }])),
    experts: new Map(),
    scores: new Map(),
    ranking: new Map(),
  }
}

const withoutMap = (examples: readonly Example[]): Omit<Sources, 'keywords'> => ({
  text: '',
  map: mapOf(examples),
  examples,
  prompt: { fill: () => ({ system: '', user: '' }) },
  problems: [],
  files: [],
  version: 'measured',
})

const checkTasks = ({ without }: Wanted, examples: readonly Example[], map: TaskMap | undefined) => {
  const tasks = new Set(examples.map(({ task }) => task))
  const strange = without.filter(task => !tasks.has(task))
  if (strange.length > 0) {
    throw new GatewayError(
      'invalid_request',
      `The context has no task "${strange.join('", "')}" to hold out (it has: ${[...tasks].sort().join(', ')}).`,
    )
  }
  const foreign = examples.find(({ task }) => task !== UNKNOWN && map !== undefined && !map.tasks.has(task))
  if (foreign !== undefined) {
    throw new GatewayError('invalid_request', `${foreign.at}: the map has no task "${foreign.task}".`)
  }
}

const mapFor = ({ classifier: expert, without }: Wanted, map: TaskMap): TaskMap => {
  const { classifier, ...rest } = map
  return {
    ...rest,
    tasks: new Map([...map.tasks].filter(([id]) => !without.includes(id))),
    ...(expert !== undefined && {
      classifier: { use: 'when-unsure', timeout: 5_000, context: true, ...classifier, expert },
    }),
  }
}

const modelFor = (expert: string | undefined, { experts, classifier }: TaskMap): Model | undefined => {
  if (expert === undefined || classifier === undefined) return undefined
  const definition = experts.get(expert)
  if (definition === undefined || isBuiltin(definition)) {
    const able = [...experts].filter(([, other]) => !isBuiltin(other)).map(([id]) => id)
    throw new GatewayError(
      'invalid_request',
      `The map has no expert "${expert}" that could classify (it has: ${able.join(', ') || 'none'}).`,
    )
  }
  return createModel(expert, definition, classifier.timeout)
}

const partsOf = (wanted: Wanted, context: readonly Example[], questions: readonly Example[]): Part[] => {
  if (wanted.folds) return foldsOf(context, wanted.seed)
  if (wanted.share !== undefined)
    return drawsOf(context, wanted.share.examples, wanted.share.draws, wanted.seed)
  return [{ name: 'all', context, questions }]
}

const withoutTasks = (part: Part, without: readonly string[]): Part => {
  const context = part.context.filter(({ task }) => !without.includes(task))
  if (context.length > 0 && part.questions.length > 0) return { ...part, context }
  const lacks = context.length === 0 ? 'no example left in the context' : 'no question to ask'
  throw new GatewayError('invalid_request', `There is ${lacks} (${part.name}).`)
}
