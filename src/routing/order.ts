import { isBuiltin, UNKNOWN } from '../knowledge/map.ts'
import type { TaskMap } from '../knowledge/task-map.ts'

/**
 * Whom to ask for a task, best first: the task's own experts, then those of `unknown`, then the built-in ones, so
 * that somebody is left when all of a task's experts are down. What is pinned goes before what measuring decided on, and
 * that before bare scores.
 */
export const expertsFor = (map: TaskMap, task: string): readonly string[] => {
  const orders = ordersIn(map)
  const known = orders.get(task)
  if (known !== undefined) return known
  const order = orderOf(map, task)
  orders.set(task, order)
  return order
}

/** A map never changes: every request of a task is given the same list. */
const ordersOf = new WeakMap<TaskMap, Map<string, readonly string[]>>()

const ordersIn = (map: TaskMap) => {
  const known = ordersOf.get(map)
  if (known !== undefined) return known
  const orders = new Map<string, readonly string[]>()
  ordersOf.set(map, orders)
  return orders
}

const orderOf = (map: TaskMap, task: string): string[] => {
  const own =
    task === UNKNOWN ? [] : (map.tasks.get(task)?.experts ?? map.ranking.get(task) ?? byScore(map, task))
  const builtin = [...map.experts].filter(([, definition]) => isBuiltin(definition)).map(([id]) => id)
  return [...new Set([...own, ...unknownExperts(map), ...builtin])]
}

const unknownExperts = (map: TaskMap): readonly string[] =>
  map.unknown ?? map.ranking.get(UNKNOWN) ?? byAverage(map)

/** Eq. 5: the most accurate on the task; ties by average, price, name. */
const byScore = (map: TaskMap, task: string): string[] => {
  const measured = [...map.experts.keys()].flatMap(id => {
    const accuracy = map.scores.get(id)?.get(task)?.accuracy
    return accuracy === undefined ? [] : [{ id, accuracy }]
  })
  return sorted(map, measured)
}

/** Eq. 8: the best mean over tasks, every task weighing the same. A task not measured counts as 0. */
const byAverage = (map: TaskMap): string[] =>
  sorted(
    map,
    [...map.experts.keys()].filter(id => map.scores.has(id)).map(id => ({ id, accuracy: average(map, id) })),
  )

type Candidate = { readonly id: string; readonly accuracy: number }

const sorted = (map: TaskMap, candidates: readonly Candidate[]): string[] => {
  const best = Math.max(...candidates.map(candidate => candidate.accuracy))
  const goodEnough = (candidate: Candidate) =>
    map.choose.by === 'price' && candidate.accuracy >= best - map.choose.within / 100
  return [...candidates]
    .sort((a, b) => {
      const [aCheap, bCheap] = [goodEnough(a), goodEnough(b)]
      if (aCheap !== bCheap) return aCheap ? -1 : 1
      const cheaper = price(map, a.id) - price(map, b.id)
      if (aCheap && cheaper !== 0) return cheaper
      return (
        b.accuracy - a.accuracy ||
        average(map, b.id) - average(map, a.id) ||
        cheaper ||
        (a.id < b.id ? -1 : 1)
      )
    })
    .map(candidate => candidate.id)
}

const average = (map: TaskMap, id: string): number => {
  const byTask = map.scores.get(id)
  const tasks = [...map.tasks.keys()]
  return tasks.reduce((sum, task) => sum + (byTask?.get(task)?.accuracy ?? 0), 0) / tasks.length
}

/** A price nobody wrote down is not taken for a low one. */
const price = (map: TaskMap, id: string): number => {
  const definition = map.experts.get(id)
  if (definition === undefined || isBuiltin(definition)) return 0
  return definition.price === undefined ? Number.MAX_VALUE : definition.price.input + definition.price.output
}
