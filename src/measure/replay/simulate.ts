import { UNKNOWN } from '../../knowledge/map.ts'
import type { Field, Fold } from './field.ts'
import type { Route } from './routes.ts'

/** What is known when a map is fitted: outcomes by expert and place in the fold's training questions. */
export type Known = readonly Int8Array[]

export type Strategies = {
  readonly bestSingle: Float32Array
  readonly nearest: Float32Array
  readonly routedTrueLabels: Float32Array
  readonly routed: Float32Array
  /** Of a classifier that is right as often as was asked for. */
  readonly simulated: Float32Array
  /** The expert of each question, for routed and best single. */
  readonly routedTo: Int16Array
  readonly bestTo: Int16Array
}

export type Simulation = {
  readonly field: Field
  /** What a fold's map may be fitted on. */
  known(fold: Fold): Known
  /** From what is known to the routes of that fold. */
  routeBy(fold: Fold, known: Known): Route
  readonly classifierAccuracy: number
}

/** Every question by every strategy: 1 right, 0 wrong, between them where chance decides. */
export const simulate = (simulation: Simulation): Strategies => {
  const { field } = simulation
  const column = () => new Float32Array(field.questions.length).fill(Number.NaN)
  const to = () => new Int16Array(field.questions.length).fill(-1)
  const found = {
    bestSingle: column(),
    nearest: column(),
    routedTrueLabels: column(),
    routed: column(),
    simulated: column(),
    routedTo: to(),
    bestTo: to(),
  }
  for (const fold of field.folds) simulateFold(simulation, fold, found)
  return found
}

const simulateFold = (simulation: Simulation, fold: Fold, found: Strategies) => {
  const { field, classifierAccuracy: accuracy } = simulation
  const known = simulation.known(fold)
  const route = once(simulation.routeBy(fold, known))
  const means = comparable(known, field, fold).map(meanOf)
  const best = means.indexOf(Math.max(...means))
  const nearest = nearestBy(field, fold, known, means)
  const tasks = [...new Set(fold.train.map(row => field.questions[row]?.truth ?? UNKNOWN))]
  const right = (row: number, expert: number) => field.outcomes[expert]?.[row] ?? 0
  for (const row of fold.test) {
    const question = field.questions[row]
    if (question === undefined) continue
    const { truth, task } = question
    const wrong = tasks.filter(other => other !== truth)
    const mistaken = wrong.reduce((sum, other) => sum + right(row, route(other)), 0) / (wrong.length || 1)
    found.bestSingle[row] = right(row, best)
    found.nearest[row] = right(row, nearest(question.neighbours, best))
    found.routedTrueLabels[row] = right(row, route(truth))
    found.routed[row] = right(row, route(task))
    found.simulated[row] = accuracy * right(row, route(truth)) + (1 - accuracy) * mistaken
    found.routedTo[row] = route(task)
    found.bestTo[row] = best
  }
}

const once = (route: Route): Route => {
  const found = new Map<string, number>()
  return task => {
    const known = found.get(task)
    if (known !== undefined) return known
    const expert = route(task)
    found.set(task, expert)
    return expert
  }
}

/** Experts that were asked different numbers of questions are not compared by bare means: then all outcomes count. */
const comparable = (known: Known, field: Field, { train }: Fold): Known => {
  const counts = new Set(known.map(column => column.reduce((n, outcome) => n + Number(outcome >= 0), 0)))
  if (counts.size <= 1) return known
  return field.outcomes.map(column => Int8Array.from(train, row => column[row] ?? -1))
}

const meanOf = (column: Int8Array): number => {
  let [right, n] = [0, 0]
  for (const outcome of column) {
    if (outcome < 0) continue
    right += outcome
    n++
  }
  return n === 0 ? 0 : right / n
}

/** Routing without tasks: whoever got most of the nearest questions right; among equals the better on average. */
const nearestBy = (field: Field, { train }: Fold, known: Known, means: readonly number[]) => {
  const placeOf = new Map(train.map((row, place) => [row, place]))
  return (neighbours: readonly number[], best: number): number => {
    const places = neighbours.flatMap(row => placeOf.get(row) ?? [])
    let [leader, most] = [best, -1]
    for (let e = 0; e < field.experts.length; e++) {
      const right = places.reduce((sum, place) => sum + Math.max(0, known[e]?.[place] ?? 0), 0)
      const score = right + (means[e] ?? 0)
      if (score > most) [leader, most] = [e, score]
    }
    return leader
  }
}
