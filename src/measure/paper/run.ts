import type { ExpertRun } from '../rank/expert-run.ts'
import type { Stops } from '../rank/lane-state.ts'
import type { RankQuestion } from '../rank/questions.ts'
import { runRank } from '../rank/run.ts'
import type { RankProgress } from '../rank/watch.ts'
import type { Classified, Field } from '../replay/field.ts'
import { askClassifier, type Told, tell } from './classify.ts'
import { type Judged, judgeExperts } from './judge.ts'
import { type Mode, modes } from './modes.ts'
import type { PaperPlan, QuestionSet } from './plan.ts'
import type { PreparedSet } from './prepare.ts'
import { type ToldScore, toldScores } from './told.ts'

export type PaperDeps = {
  readonly stops: Stops
  onAnswers(progress: RankProgress): void
}

export type PaperResult = {
  readonly sets: readonly SetResult[]
  readonly experts: ReadonlyMap<string, ExpertRun>
  readonly classifier: ExpertRun | undefined
}

export type SetResult = {
  readonly set: QuestionSet
  /** Asked questions that have every answer: only these are judged, the same for everybody. */
  readonly judged: number
  readonly told: Readonly<Partial<Record<Mode, ToldScore>>>
  readonly expertSets: readonly Judged[]
}

/** Undefined when it was interrupted: what was answered is kept. */
export const runPaper = async (
  plan: PaperPlan,
  prepared: readonly PreparedSet[],
  { stops, onAnswers }: PaperDeps,
): Promise<PaperResult | undefined> => {
  const experts = [...new Set(plan.expertSets.flat())]
  const questions = plan.sets.flatMap(({ context, asked }) => [...context, ...asked])
  const ranked = await runRank({ ...plan, experts, questions }, onAnswers, stops)
  if (stops.soon.aborted) return undefined
  const sayings = await askClassifier(withWhatIsLeft(plan, ranked.experts), prepared, onAnswers, stops)
  if (stops.soon.aborted) return undefined
  return {
    sets: prepared.map(one => {
      const told = new Map(one.asked.map(asked => [asked.question, tell(one, asked, sayings)]))
      return judgeSet(one, plan, { told, answers: ranked.experts })
    }),
    experts: ranked.experts,
    classifier: sayings.run,
  }
}

/** One sum for everything: the classifier may cost what the experts left. */
const withWhatIsLeft = (plan: PaperPlan, experts: ReadonlyMap<string, ExpertRun>): PaperPlan => {
  const spent = [...experts.values()].reduce((sum, { cost }) => sum + (cost ?? 0), 0)
  return plan.maxCost === undefined ? plan : { ...plan, maxCost: Math.max(0, plan.maxCost - spent) }
}

type Answered = {
  readonly told: ReadonlyMap<RankQuestion, Told>
  readonly answers: ReadonlyMap<string, ExpertRun>
}

const judgeSet = (
  { set, snapshot, asked }: PreparedSet,
  plan: PaperPlan,
  { told, answers }: Answered,
): SetResult => {
  const used = plan.classifier === null ? modes.filter(mode => mode === 'neighbours') : modes
  const runs = [...answers.values()]
  const hasAll = (question: RankQuestion) => runs.every(({ verdicts }) => verdicts.has(question))
  const complete = asked.filter(({ question }) => {
    const of = told.get(question)
    return hasAll(question) && used.every(mode => of?.[mode] !== undefined)
  })
  const result = { set, judged: complete.length, told: {}, expertSets: [] }
  if (complete.length === 0 || !set.context.some(hasAll)) return { ...result, judged: 0 }
  const ofEach = complete.flatMap(({ question }) => told.get(question) ?? [])
  const questions = [
    ...set.context.map(({ task }) => classified(task, [])),
    ...complete.map(({ question, nearest }) =>
      // Only the nearest one, as a router without tasks would: it goes by the question that is most alike.
      classified(
        question.task,
        nearest
          .neighbours()
          .slice(0, 1)
          .map(({ row }) => row),
      ),
    ),
  ]
  const rows = [...set.context, ...complete.map(({ question }) => question)]
  const none = set.context.map(() => '')
  const decided = new Map(used.map(mode => [mode, [...none, ...ofEach.map(of => of[mode] ?? '')]]))
  const folds = [{ train: [...set.context.keys()], test: complete.map((_, at) => set.context.length + at) }]
  return {
    ...result,
    told: toldScores(
      complete.map(({ question }) => question.task),
      ofEach,
      used,
    ),
    expertSets: plan.expertSets.map(experts => {
      const outcomes = experts.map(id => outcomesOf(rows, answers.get(id)))
      const field: Field = { questions, folds, experts, outcomes }
      return judgeExperts({ field, map: snapshot.map, decided, seed: plan.seed })
    }),
  }
}

const classified = (truth: string, neighbours: readonly number[]): Classified => ({
  ...{ truth, task: truth, neighbours },
  decidedBy: 'neighbours',
})

const outcomesOf = (rows: readonly RankQuestion[], run: ExpertRun | undefined): Int8Array =>
  Int8Array.from(rows, row => {
    const verdict = run?.verdicts.get(row)
    return verdict === undefined ? -1 : Number(verdict === 'right')
  })
