import type { RunDeps } from '../run.ts'
import { mean } from '../scores.ts'
import { classifyAll } from './classify.ts'
import type { Field } from './field.ts'
import type { Regret, Result } from './figures.ts'
import { accuracyOf, type Judging, judge } from './judge.ts'
import type { ReplayPlan, Wanted } from './plan.ts'
import { judgePools } from './pools.ts'
import { budgeted, everything, joining, once, perTask, type Reveal } from './reveal.ts'

/** A new expert is asked so many questions a task when nobody says how many. */
const JOINING = 20

/** The whole system without calling a model: each question is classified once, and answers are looked up. */
export const replay = async (plan: ReplayPlan, deps: RunDeps, signal: AbortSignal): Promise<Result> => {
  const field = await classifyAll(plan, deps, signal)
  return judgeAll(field, plan, (done, total) => deps.onProgress('pools', done, total))
}

/** Everything that was asked for, once the questions are classified. */
export const judgeAll = (
  field: Field,
  { wanted, map }: Pick<ReplayPlan, 'wanted' | 'map'>,
  onJudged: (done: number, total: number) => void,
): Result => {
  const fitted = wanted.map === undefined || wanted.fit
  const { classifierAccuracy, seed } = wanted
  const common = { map, fitted, classifierAccuracy, seed }
  const reveal = once(revealFor(wanted, 0))
  const result = judge(field, { ...common, reveal })
  return {
    ...result,
    ...(wanted.pools > 0 && {
      pools: judgePools(
        field,
        common,
        { count: wanted.pools, revealFor: pool => revealFor(wanted, pool + 1) },
        onJudged,
      ),
    }),
    ...regretIn(field, wanted, { ...common, reveal }),
  }
}

/** What a map is fitted on; a new expert's share is looked at apart, against all that is known. */
const revealFor = ({ perTask: count, budget, newExpert, seed }: Wanted, draw: number): Reveal => {
  if (budget !== undefined) return budgeted(budget, seed + draw)
  return count === undefined || newExpert !== undefined ? everything : perTask(count, seed + draw)
}

const regretIn = (field: Field, wanted: Wanted, judging: Judging): { regret?: Regret } => {
  const { newExpert, budget, perTask: count, seed } = wanted
  if (newExpert === undefined && budget === undefined && count === undefined) return {}
  const full = accuracyOf(field, judging, everything)
  if (newExpert === undefined) {
    const lost = full - accuracyOf(field, judging, judging.reveal)
    return { regret: { mean: lost, worst: lost, calls: callsOf(field, judging.reveal) } }
  }
  const names = newExpert === 'each' ? field.experts : [newExpert]
  const lost = names.map((name, i) => {
    const reveal = joining(name, count ?? JOINING, seed + i)
    return [name, full - accuracyOf(field, judging, reveal)] as const
  })
  const losses = lost.map(([, loss]) => loss)
  return {
    regret: {
      mean: mean(losses),
      worst: Math.max(...losses),
      calls: callsOf(field, joining(names[0] ?? '', count ?? JOINING, seed)),
      byExpert: Object.fromEntries(lost),
    },
  }
}

const callsOf = (field: Field, reveal: Reveal): number => {
  const known = field.folds.flatMap(fold => reveal(field, fold))
  return mean(known.map(column => mean([...column].map(outcome => Number(outcome >= 0)))))
}
