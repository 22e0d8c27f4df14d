import { resolve } from 'node:path'
import { type Environment, isSet, parseFile } from './document.ts'
import { type ExpertDefinition, type MapFile, mapSchema, type Score } from './map.ts'
import { check } from './map-check.ts'
import type { Problem } from './problem.ts'
import { schemaProblems } from './schema-problems.ts'

export type Task = {
  readonly id: string
  readonly title: string
  readonly description: string
  /** The pinned order, if the map gives one. */
  readonly experts: readonly string[] | undefined
}

/** A map that was checked: every name in it stands for something, and experts left out are gone everywhere. */
export type TaskMap = Readonly<
  Omit<MapFile, 'tasks' | 'experts' | 'scores' | 'ranking' | 'context' | '$schema'> & {
    /** Files of examples, absolute. */
    context: readonly string[]
    tasks: ReadonlyMap<string, Task>
    experts: ReadonlyMap<string, ExpertDefinition>
    scores: ReadonlyMap<string, ReadonlyMap<string, Score>>
    /** By task and `unknown`: the order that measuring decided on. */
    ranking: ReadonlyMap<string, readonly string[]>
  }
>

export type ReadMap = { readonly map: TaskMap | undefined; readonly problems: readonly Problem[] }

export const readMap = (file: string, text: string, environment: Environment): ReadMap => {
  const document = parseFile(file, text, environment)
  if (document.value === undefined || document.value === null) {
    const empty = document.problem([], 'the file is empty; a map needs name, context, tasks and experts')
    return { map: undefined, problems: document.problems.length > 0 ? document.problems : [empty] }
  }
  const omitted = omittedExperts(document.value, environment)
  const parsed = mapSchema.safeParse(withoutExperts(document.value, omitted), { reportInput: true })
  // An unset variable is empty, of which more would be said at the same place.
  const said = new Set(document.problems.map(({ line, column }) => `${line}:${column}`))
  const found = parsed.success
    ? check(document, parsed.data, omitted)
    : schemaProblems(document, parsed.error.issues)
  const others = found.filter(({ line, column }) => !said.has(`${line}:${column}`))
  const problems = inOrder([...document.problems, ...others])
  if (!parsed.success) return { map: undefined, problems }
  if (problems.some(p => p.severity === 'error')) return { map: undefined, problems }
  return { map: resolveMap(file, parsed.data, omitted), problems }
}

const inOrder = (problems: readonly Problem[]) =>
  [...problems].sort((a, b) => a.line - b.line || a.column - b.column)

const omittedExperts = (value: unknown, environment: Environment): ReadonlySet<string> =>
  new Set(
    Object.entries(expertsOf(value)).flatMap(([id, entry]) => {
      const names = (entry as { ifSet?: unknown } | null)?.ifSet
      const wanted = !Array.isArray(names) || names.some(name => isSet(environment[String(name)]))
      return wanted ? [] : [id]
    }),
  )

const expertsOf = (value: unknown): Record<string, unknown> => {
  const experts = (value as { experts?: unknown } | null)?.experts
  return experts !== null && typeof experts === 'object' ? (experts as Record<string, unknown>) : {}
}

const withoutExperts = (value: unknown, omitted: ReadonlySet<string>): unknown => {
  if (omitted.size === 0 || value === null || typeof value !== 'object') return value
  const experts = Object.entries(expertsOf(value)).filter(([id]) => !omitted.has(id))
  return { ...value, experts: Object.fromEntries(experts) }
}

const resolveMap = (file: string, parsed: MapFile, omitted: ReadonlySet<string>): TaskMap => {
  const present = (ids: readonly string[] | undefined) => {
    const left = ids?.filter(id => !omitted.has(id))
    return left === undefined || left.length === 0 ? undefined : left
  }
  const { $schema: _, classifier, unknown, ...rest } = parsed
  const tasks = Object.entries(parsed.tasks).map(([id, task]): [string, Task] => [
    id,
    { id, title: task.title ?? id, description: task.description, experts: present(task.experts) },
  ])
  const ranking = Object.entries(parsed.ranking).flatMap(([id, { experts }]): [string, string[]][] => {
    const left = present(experts)
    return left === undefined ? [] : [[id, left]]
  })
  const scores = Object.entries(parsed.scores).filter(([id]) => !omitted.has(id))
  return Object.freeze({
    ...rest,
    ...(classifier === undefined || omitted.has(classifier.expert)
      ? {}
      : {
          classifier: { ...classifier, prompt: classifier.prompt && resolve(file, '..', classifier.prompt) },
        }),
    ...(unknown === undefined ? {} : { unknown: present(unknown) }),
    context: parsed.context.map(path => resolve(file, '..', path)),
    tasks: new Map(tasks),
    experts: new Map(Object.entries(parsed.experts)),
    scores: new Map(scores.map(([id, byTask]) => [id, new Map(Object.entries(byTask))])),
    ranking: new Map(ranking),
  })
}
