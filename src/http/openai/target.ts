import { GatewayError } from '../../errors.ts'
import { UNKNOWN } from '../../knowledge/map.ts'
import type { TaskMap } from '../../knowledge/task-map.ts'
import { type Allowed, mayAnswer, mayName, notAllowed } from '../../routing/allowed.ts'
import { expertsFor } from '../../routing/order.ts'
import type { Target } from '../../routing/pipeline.ts'

/** The models that a client may name, `auto` first. */
export const modelNames = (map: TaskMap, allowed?: Allowed): string[] => {
  const names = [
    'auto',
    ...[...map.tasks.keys(), UNKNOWN].map(task => `task/${task}`),
    ...[...map.experts.keys()].map(expert => `expert/${expert}`),
    ...Object.keys(map.aliases),
  ]
  return allowed === undefined ? names : names.filter(name => isOpen(map, meaningOf(map, name), allowed))
}

/** What a model's name means. No name at all means what `auto` does. */
export const targetOf = (map: TaskMap, model: string | null | undefined, allowed?: Allowed): Target => {
  const target = meaningOf(map, model ?? 'auto')
  if (target === undefined) throw modelNotFound(map, model ?? '', allowed)
  if (allowed !== undefined && !mayName(target, allowed)) throw notAllowed(`the model "${model}"`, allowed)
  return target
}

/** Whether a map has a meaning for a model's name. */
export const isKnown = (map: TaskMap, model: string | null | undefined): boolean =>
  meaningOf(map, model ?? 'auto') !== undefined

const meaningOf = (map: TaskMap, given: string): Target | undefined => {
  const name = (Object.hasOwn(map.aliases, given) ? map.aliases[given] : undefined) ?? given
  if (name === 'auto') return { kind: 'auto' }
  const [kind, id] = [name.slice(0, name.indexOf('/')), name.slice(name.indexOf('/') + 1)]
  if (kind === 'task' && (map.tasks.has(id) || id === UNKNOWN)) return { kind: 'task', task: id }
  if (kind === 'expert' && map.experts.has(id)) return { kind: 'expert', expert: id }
  return undefined
}

/** Whether there is anybody who would answer this client under that name. */
const isOpen = (map: TaskMap, target: Target | undefined, allowed: Allowed): boolean => {
  if (target === undefined || !mayName(target, allowed)) return false
  switch (target.kind) {
    case 'auto':
      return [...map.tasks.keys(), UNKNOWN].some(task => isOpen(map, { kind: 'task', task }, allowed))
    case 'task':
      return expertsFor(map, target.task).some(expert => mayAnswer(expert, allowed))
    case 'expert':
      return true
  }
}

export const modelNotFound = (map: TaskMap, model: string, allowed?: Allowed) =>
  new GatewayError(
    'model_not_found',
    `The model "${model}" does not exist here. Use one of: ${modelNames(map, allowed).join(', ')}. ` +
      'A name that clients insist on can be added to the aliases of the map.',
    { param: 'model' },
  )
