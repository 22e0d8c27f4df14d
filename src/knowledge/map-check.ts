import type { Document, Path } from './document.ts'
import { isBuiltin, type MapFile, UNKNOWN } from './map.ts'
import type { Problem } from './problem.ts'

/** What a schema cannot say: that names stand for something, and that every task has somebody to answer. */
export const check = (document: Document, map: MapFile, omitted: ReadonlySet<string>): Problem[] => {
  const problems: Problem[] = []
  const say = (path: Path, message: string, severity: Problem['severity'] = 'error', key?: string) =>
    problems.push(document.problem(path, message, severity, key))
  const known = new Set([...Object.keys(map.experts), ...omitted])

  checkNames(map, known, say)
  checkTasks(map, say)
  checkAliases(map, known, say)
  checkExperts(document, map, say)
  checkAccess(map, say)
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
  for (const [name, key] of Object.entries(map.access ?? {}))
    checkList(['access', name, 'experts'], key.experts)
  for (const [id, { experts }] of Object.entries(map.ranking)) {
    if (id !== UNKNOWN && !Object.hasOwn(map.tasks, id)) {
      say(['ranking'], `ranking: there is no task "${id}"`, 'error', id)
    }
    checkList(['ranking', id, 'experts'], experts)
  }
  checkClassifier(map, known, say)
  for (const [id, byTask] of Object.entries(map.scores)) {
    if (!known.has(id)) say(['scores'], undefinedExpert(id, known), 'error', id)
    for (const task of Object.keys(byTask)) {
      if (!Object.hasOwn(map.tasks, task))
        say(['scores', id], `scores.${id}: there is no task "${task}"`, 'error', task)
    }
  }
}

const checkClassifier = (map: MapFile, known: ReadonlySet<string>, say: Say) => {
  const id = map.classifier?.expert
  if (id === undefined) return
  const path = ['classifier', 'expert']
  if (!known.has(id)) say(path, undefinedExpert(id, known))
  // One that is left out for want of a variable is known, but not there.
  const definition = Object.hasOwn(map.experts, id) ? map.experts[id] : undefined
  if (definition !== undefined && isBuiltin(definition)) {
    say(path, `"${id}" is built in and cannot classify; name a model behind a url`)
  }
}

const checkExperts = (document: Document, map: MapFile, say: Say) => {
  for (const [id, definition] of Object.entries(map.experts)) {
    const path = ['experts', id, 'key']
    if (!isBuiltin(definition) && definition.key !== undefined && document.isLiteral(path)) {
      say(
        path,
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
}

const checkTasks = (map: MapFile, say: Say) => {
  if (Object.hasOwn(map.tasks, UNKNOWN)) {
    say(
      ['tasks'],
      `"${UNKNOWN}" is what fits no task and cannot be a task; pin its experts with the key "unknown"`,
      'error',
      UNKNOWN,
    )
  }
  for (const [id, task] of Object.entries(map.tasks)) {
    const scored = Object.values(map.scores).some(byTask => Object.hasOwn(byTask, id))
    if (task.experts === undefined && !scored && !Object.hasOwn(map.ranking, id)) {
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
      (kind === 'task/' && Object.hasOwn(map.tasks, id)) ||
      (kind === 'expert/' && experts.has(id))
    if (!meansSomething) {
      say(
        ['aliases', alias],
        `aliases.${alias}: "${target}" is neither auto nor a task/<id> or expert/<id> of this map`,
      )
    }
  }
}

const checkAccess = (map: MapFile, say: Say) => {
  const owners = new Map<string, string>()
  for (const [name, { key, tasks }] of Object.entries(map.access ?? {})) {
    const owner = owners.get(key)
    if (owner === undefined) owners.set(key, name)
    else say(['access', name, 'key'], `access.${name}: "${owner}" has the same key; give each its own`)
    tasks?.forEach((task, index) => {
      const path = ['access', name, 'tasks', index]
      if (task !== UNKNOWN && !Object.hasOwn(map.tasks, task)) {
        const there = [...Object.keys(map.tasks), UNKNOWN].join(', ')
        say(path, `access.${name}: there is no task "${task}" (defined are: ${there})`)
      } else if (tasks.indexOf(task) !== index) say(path, `task "${task}" stands twice in this list`)
    })
  }
}

const undefinedExpert = (id: string, known: ReadonlySet<string>) =>
  `there is no expert "${id}" (defined are: ${[...known].join(', ') || 'none'})`
