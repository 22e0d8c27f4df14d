import type { TaskMap } from '../../knowledge/task-map.ts'
import { type Estimate, estimatesOf } from '../replay/bootstrap.ts'
import type { Classified, Field } from '../replay/field.ts'
import { strategiesOf, testRows } from '../replay/judge.ts'
import { everything } from '../replay/reveal.ts'
import type { Strategies } from '../replay/simulate.ts'
import { mean } from '../scores.ts'
import type { Mode } from './modes.ts'

/** What answers the questions one way or the other: right in which share of them, over all and by task. */
export type System = Estimate & { readonly byTask: Readonly<Record<string, number>> }

/** Routed, with what that gains over the best single expert: in shares, and in percent of the latter's accuracy. */
export type Routed = System & { readonly gain: Estimate; readonly gainPercent: number | null }

export type Judged = {
  readonly experts: Readonly<Record<string, System>>
  readonly random: System
  /** Chosen by the questions of the context, not by those it is judged on. */
  readonly bestSingle: System & { readonly expert: string }
  readonly nearest: System
  /** By an order of experts that is decided on with the care of `rank`. */
  readonly routed: Readonly<Partial<Record<Mode, Routed>>>
  /** By the bare scores, as the paper maps a task to an expert (its eq. 5). */
  readonly byScores: Readonly<Partial<Record<Mode, Routed>>>
  readonly trueTasks: Routed
  readonly oracle: System
}

export type Judgement = {
  /** With the true tasks; what a mode decided takes their place. */
  readonly field: Field
  readonly map: TaskMap
  /** By mode and place among the field's questions. */
  readonly decided: ReadonlyMap<Mode, readonly string[]>
  readonly seed: number
}

type Columns = Map<string, Float32Array>

export const judgeExperts = (judgement: Judgement): Judged => {
  const { field, decided } = judgement
  const { columns, best } = columnsOf(judgement)
  const tasks = testRows(field).map(row => field.questions[row]?.truth ?? '')
  const rated = estimatesOf([...columns.values()], judgement.seed)
  const names = [...columns.keys()]
  const estimate = (name: string): Estimate => rated[names.indexOf(name)] ?? { accuracy: 0, ci: [0, 0] }
  const system = (name: string): System => ({ ...estimate(name), byTask: byTask(columns.get(name), tasks) })
  const bestSingle = system('bestSingle')
  const routed = (name: string): Routed => {
    const gain = estimate(`gain of ${name}`)
    const { accuracy } = bestSingle
    return { ...system(name), gain, gainPercent: accuracy > 0 ? (100 * gain.accuracy) / accuracy : null }
  }
  const byMode = (kind: string) =>
    Object.fromEntries([...decided.keys()].map(mode => [mode, routed(`${kind} ${mode}`)]))
  return {
    experts: Object.fromEntries(field.experts.map(expert => [expert, system(`expert ${expert}`)])),
    random: system('random'),
    bestSingle: { ...bestSingle, expert: best },
    nearest: system('nearest'),
    routed: byMode('routed'),
    byScores: byMode('byScores'),
    trueTasks: routed('trueTasks'),
    oracle: system('oracle'),
  }
}

/** Of every system, over the questions that are judged: 1 right, 0 wrong, between them where chance decides. */
const columnsOf = ({ field, map, decided, seed }: Judgement): { columns: Columns; best: string } => {
  const rows = testRows(field)
  const only = (column: ArrayLike<number>) => Float32Array.from(rows, row => column[row] ?? 0)
  const judging = { reveal: everything, classifierAccuracy: 1, seed }
  const scored = { ...judging, map: withScores(map, field), fitted: false }
  const careful = { ...judging, map, fitted: true }
  const plain = strategiesOf(field, careful)
  const experts = field.outcomes.map(only)
  const across = (of: (values: readonly number[]) => number) =>
    Float32Array.from(rows, (_, at) => of(experts.map(column => column[at] ?? 0)))
  const bestSingle = only(plain.bestSingle)
  const columns: Columns = new Map([
    ...field.experts.map((expert, e) => [`expert ${expert}`, experts[e] ?? new Float32Array(0)] as const),
    ['random', across(mean)],
    ['nearest', only(plain.nearest)],
    ['bestSingle', bestSingle],
    ['oracle', across(values => Math.max(...values))],
  ])
  const add = (name: string, { routed }: Pick<Strategies, 'routed'>) => {
    const column = only(routed)
    columns.set(name, column)
    columns.set(
      `gain of ${name}`,
      column.map((value, at) => value - (bestSingle[at] ?? 0)),
    )
  }
  add('trueTasks', { routed: plain.routedTrueLabels })
  for (const [mode, tasks] of decided) {
    const told = { ...field, questions: field.questions.map((question, at) => toldAs(question, tasks[at])) }
    add(`routed ${mode}`, strategiesOf(told, careful))
    add(`byScores ${mode}`, strategiesOf(told, scored))
  }
  return { columns, best: field.experts[plain.bestTo[rows[0] ?? -1] ?? -1] ?? '' }
}

const toldAs = (question: Classified, task: string | undefined): Classified => ({
  ...question,
  task: task ?? question.task,
})

const byTask = (column: Float32Array | undefined, tasks: readonly string[]): Record<string, number> =>
  Object.fromEntries(
    [...new Set(tasks)].sort().map(task => {
      const own = tasks.flatMap((other, at) => (other === task ? [column?.[at] ?? 0] : []))
      return [task, mean(own)]
    }),
  )

/** What was measured on the context, as a map would have it. */
const withScores = (map: TaskMap, { experts, outcomes, questions, folds }: Field): TaskMap => {
  const known = folds.flatMap(({ train }) => train)
  return {
    ...map,
    scores: new Map(
      experts.map((expert, e) => [
        expert,
        new Map(
          [...map.tasks.keys()].flatMap(task => {
            const own = known.filter(row => questions[row]?.truth === task && (outcomes[e]?.[row] ?? -1) >= 0)
            const accuracy = mean(own.map(row => outcomes[e]?.[row] ?? 0))
            return own.length === 0 ? [] : [[task, { accuracy, n: own.length }] as const]
          }),
        ),
      ]),
    ),
  }
}
