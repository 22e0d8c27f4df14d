import { isBuiltin, UNKNOWN } from '../../knowledge/map.ts'
import type { TaskMap } from '../../knowledge/task-map.ts'
import { expertsFor } from '../../routing/order.ts'
import { fitMap } from '../fit.ts'
import type { Field, Fold } from './field.ts'

/** Whom a map would ask first for a task, of the experts that can be looked up; -1 for none of them. */
export type Route = (task: string) => number

/** The order is serving's own; experts without outcomes are passed over. */
export const routeBy = (map: TaskMap, experts: readonly string[]): Route => {
  const places = new Map(experts.map((expert, place) => [expert, place]))
  return task => places.get(expertsFor(map, task).find(expert => places.has(expert)) ?? '') ?? -1
}

/** The routes of a map whose order is decided on by what is known of the experts, as `coe-ops rank` does. */
export const fittedRoute = (map: TaskMap, field: Field, fold: Fold, known: readonly Int8Array[]): Route => {
  const { ranking, unknown } = fitMap({
    experts: field.experts,
    tasks: fold.train.map(row => field.questions[row]?.truth ?? UNKNOWN),
    outcomes: known,
    prices: pricesOf(map),
    choose: map.choose,
  })
  const orders = Object.entries({ ...ranking, [UNKNOWN]: unknown })
  return routeBy(
    { ...unpinned(map), ranking: new Map(orders.map(([task, { experts }]) => [task, experts])) },
    field.experts,
  )
}

const unpinned = ({ unknown: _, ...map }: TaskMap): TaskMap => ({
  ...map,
  tasks: new Map([...map.tasks].map(([id, task]) => [id, { ...task, experts: undefined }])),
})

/** Per million tokens, in and out; of experts whose price is written down. */
export const pricesOf = ({ experts }: TaskMap): ReadonlyMap<string, number> =>
  new Map(
    [...experts].flatMap(([id, definition]): [string, number][] => {
      if (isBuiltin(definition)) return [[id, 0]]
      return definition.price === undefined ? [] : [[id, definition.price.input + definition.price.output]]
    }),
  )
