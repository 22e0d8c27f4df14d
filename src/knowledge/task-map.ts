import { resolve } from 'node:path'
import { type Document, type Environment, isSet, type Path, parseFile, schemaProblems } from './document.ts'
import { type ExpertDefinition, isBuiltin, type MapFile, mapSchema, type Score, UNKNOWN } from './map.ts'
import type { Problem } from './problem.ts'

export type Task = {
  readonly id: string
  readonly title: string
  readonly description: string
  /** The pinned order, if the map gives one. */
  readonly experts: readonly string[] | undefined
}

/** A map that was checked: every name in it stands for something, and experts left out are gone everywhere. */
export type TaskMap = Readonly<
  Omit<MapFile, 'tasks' | 'experts' | 'scores' | 'context' | '$schema'> & {
    /** Files of examples, absolute. */
    context: readonly string[]
    tasks: ReadonlyMap<string, Task>
    experts: ReadonlyMap<string, ExpertDefinition>
    scores: ReadonlyMap<string, ReadonlyMap<string, Score>>
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
  if (!parsed.success) {
    // An unset variable is empty, which the schema then complains of once more at the same place.
    const said = new Set(document.problems.map(({ line, column }) => `${line}:${column}`))
    const others = schemaProblems(document, parsed.error.issues).filter(
      ({ line, column }) => !said.has(`${line}:${column}`),
    )
    return { map: undefined, problems: inOrder([...document.problems, ...others]) }
  }
  const problems = inOrder([...document.problems, ...check(document, parsed.data, omitted)])
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
  })
}

/** What a schema cannot say: that names stand for something, and that every task has somebody to answer. */
const check = (document: Document, map: MapFile, omitted: ReadonlySet<string>): Problem[] => {
  const problems: Problem[] = []
  const say = (path: Path, message: string, severity: Problem['severity'] = 'error', key?: string) =>
    problems.push(document.problem(path, message, severity, key))
  const known = new Set([...Object.keys(map.experts), ...omitted])

  checkNames(map, known, say)
  checkTasks(map, say)
  checkAliases(map, known, say)
  for (const [id, definition] of Object.entries(map.experts)) {
    if (
      !isBuiltin(definition) &&
      definition.key !== undefined &&
      document.isLiteral(['experts', id, 'key'])
    ) {
      say(
        ['experts', id, 'key'],
        `the key of "${id}" stands in the file; write \${NAME} and set it in the environment`,
        'warning',
      )
    }
  }
  const count = Object.keys(map.experts).length
  const most = Object.keys(map.tasks).length + 1
  if (count > most) {
    say(
      ['experts'],
      `${count} experts for ${most - 1} tasks: more than one a task and one for unknown are never chosen first`,
      'warning',
    )
  }
  return problems
}

type Say = (path: Path, message: string, severity?: Problem['severity'], key?: string) => void

const checkNames = (map: MapFile, known: ReadonlySet<string>, say: Say) => {
  const checkList = (path: Path, ids: readonly string[] | undefined) => {
    ids?.forEach((id, index) => {
      if (!known.has(id)) say([...path, index], undefinedExpert(id, known))
      else if (ids.indexOf(id) !== index) say([...path, index], `expert "${id}" stands twice in this list`)
    })
  }
  for (const [id, task] of Object.entries(map.tasks)) checkList(['tasks', id, 'experts'], task.experts)
  checkList(['unknown'], map.unknown)
  const classifier = map.classifier?.expert
  if (classifier !== undefined) {
    const definition = map.experts[classifier]
    if (!known.has(classifier)) say(['classifier', 'expert'], undefinedExpert(classifier, known))
    else if (definition !== undefined && isBuiltin(definition)) {
      say(
        ['classifier', 'expert'],
        `"${classifier}" is built in and cannot classify; name a model behind a url`,
      )
    }
  }
  for (const [id, byTask] of Object.entries(map.scores)) {
    if (!known.has(id)) say(['scores'], undefinedExpert(id, known), 'error', id)
    for (const task of Object.keys(byTask)) {
      if (map.tasks[task] === undefined)
        say(['scores', id], `scores.${id}: there is no task "${task}"`, 'error', task)
    }
  }
}

const checkTasks = (map: MapFile, say: Say) => {
  if (map.tasks[UNKNOWN] !== undefined) {
    say(
      ['tasks'],
      `"${UNKNOWN}" is what fits no task and cannot be a task; pin its experts with the key "unknown"`,
      'error',
      UNKNOWN,
    )
  }
  for (const [id, task] of Object.entries(map.tasks)) {
    const scored = Object.values(map.scores).some(byTask => byTask[id] !== undefined)
    if (task.experts === undefined && !scored) {
      say(
        ['tasks'],
        `task "${id}" has no experts and no scores: list experts, or measure them with scores`,
        'error',
        id,
      )
    }
  }
}

const checkAliases = (map: MapFile, experts: ReadonlySet<string>, say: Say) => {
  for (const [alias, target] of Object.entries(map.aliases)) {
    const [kind, id] = [target.slice(0, target.indexOf('/') + 1), target.slice(target.indexOf('/') + 1)]
    const meansSomething =
      target === 'auto' ||
      (kind === 'task/' && map.tasks[id] !== undefined) ||
      (kind === 'expert/' && experts.has(id))
    if (!meansSomething) {
      say(
        ['aliases', alias],
        `aliases.${alias}: "${target}" is neither auto nor a task/<id> or expert/<id> of this map`,
      )
    }
  }
}

const undefinedExpert = (id: string, known: ReadonlySet<string>) =>
  `there is no expert "${id}" (defined are: ${[...known].join(', ') || 'none'})`
