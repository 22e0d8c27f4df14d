import { GatewayError } from '../../errors.ts'
import { UNKNOWN } from '../../knowledge/map.ts'
import type { TaskMap } from '../../knowledge/task-map.ts'
import type { Target } from '../../routing/pipeline.ts'

/** The models that a client may name, `auto` first. */
export const modelNames = (map: TaskMap): string[] => [
  'auto',
  ...[...map.tasks.keys(), UNKNOWN].map(task => `task/${task}`),
  ...[...map.experts.keys()].map(expert => `expert/${expert}`),
  ...Object.keys(map.aliases),
]

/** What a model's name means. No name at all means what `auto` does. */
export const targetOf = (map: TaskMap, model: string | null | undefined): Target => {
  const given = model ?? 'auto'
  const name = (Object.hasOwn(map.aliases, given) ? map.aliases[given] : undefined) ?? given
  if (name === 'auto') return { kind: 'auto' }
  const [kind, id] = [name.slice(0, name.indexOf('/')), name.slice(name.indexOf('/') + 1)]
  if (kind === 'task' && (map.tasks.has(id) || id === UNKNOWN)) return { kind: 'task', task: id }
  if (kind === 'expert' && map.experts.has(id)) return { kind: 'expert', expert: id }
  throw modelNotFound(map, model ?? '')
}

export const modelNotFound = (map: TaskMap, model: string) =>
  new GatewayError(
    'model_not_found',
    `The model "${model}" does not exist here. Use one of: ${modelNames(map).join(', ')}. ` +
      'A name that clients insist on can be added to the aliases of the map.',
    { param: 'model' },
  )
