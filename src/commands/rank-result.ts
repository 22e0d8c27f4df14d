import { basename } from 'node:path'
import { isBuiltin } from '../knowledge/map.ts'
import { pinnedBy, rankingOf } from '../measure/rank/outcome.ts'
import type { RankPlan } from '../measure/rank/rank-plan.ts'
import type { RankReport } from '../measure/rank/report.ts'
import type { Ranked } from '../measure/rank/run.ts'
import { outcomesCsv, type Tally, tallyOf } from '../measure/rank/tally.ts'
import type { RankWanted } from './rank-wanted.ts'

/** What the answers come to. */
export type Judged = {
  readonly report: RankReport
  readonly tallies: ReadonlyMap<string, Tally>
  readonly outcomes: string
  /** A sentence for each expert with questions that are open. */
  readonly open: readonly string[]
}

const NAMED = 10

export const judged = (plan: RankPlan, { experts, known }: Ranked, wanted: RankWanted): Judged => {
  const tallies = new Map([...experts].map(([id, { verdicts }]) => [id, tallyOf(plan.questions, verdicts)]))
  const verdicts = new Map([...[...experts].map(([id, run]) => [id, run.verdicts] as const), ...known])
  const ranking = rankingOf({ map: plan.map, questions: plan.questions, verdicts })
  const rows = [...experts].map(
    ([id, run]) => [id, { run, tally: tallies.get(id) ?? tallyOf([], new Map()) }] as const,
  )
  return {
    tallies,
    outcomes: outcomesCsv(plan.questions, verdicts),
    open: openIn(experts),
    report: {
      title: `What the experts of ${basename(wanted.map)} are worth`,
      questions: plan.questions.length,
      experts: new Map(rows),
      ranking,
      notes: notesFor(plan, wanted, verdicts, Object.keys(ranking ?? {})),
    },
  }
}

/** A sentence for each with questions that are open. */
export const openIn = (experts: Ranked['experts'], what = 'Expert'): string[] =>
  [...experts].flatMap(([id, { open, stopped }]) => {
    if (open.length === 0) return []
    const names = open.slice(0, NAMED).map(question => question.id)
    const more = open.length > NAMED ? ` and ${open.length - NAMED} more` : ''
    const why = stopped ?? open[0]?.because ?? ''
    return [`${what} "${id}": ${open.length} questions are open (${names.join(', ')}${more}). ${why}`]
  })

const notesFor = (
  { map }: RankPlan,
  { unpin }: RankWanted,
  verdicts: ReadonlyMap<string, ReadonlyMap<unknown, unknown>>,
  ranked: readonly string[],
): string[] => {
  const pinned = unpin ? [] : pinnedBy(map).filter(task => ranked.includes(task))
  const unasked = [...map.experts]
    .filter(([id, definition]) => !isBuiltin(definition) && (verdicts.get(id)?.size ?? 0) === 0)
    .map(([id]) => id)
  return [
    ...(pinned.length === 0
      ? []
      : [
          `The map pins the experts of ${pinned.join(', ')}: there the figures decide nothing. Start again with --unpin (no answer is asked for again), or delete the pins.`,
        ]),
    ...(unasked.length === 0
      ? []
      : [`Not in the ranking, since they have no answers to these questions: ${unasked.join(', ')}.`]),
  ]
}

/** The one document of --json. */
export const asJson = ({ report, open }: Judged, wanted: RankWanted, problem: string | undefined) => ({
  map: wanted.map,
  out: problem === undefined ? wanted.out : null,
  outcomes: wanted.outcomes ?? null,
  questions: report.questions,
  complete: open.length === 0,
  experts: Object.fromEntries(
    [...report.experts].map(([id, { run, tally }]) => [
      id,
      {
        ...tally,
        open: run.open,
        stopped: run.stopped ?? null,
        before: run.before,
        answered: run.answered,
        failedCalls: run.failedCalls,
        usage: run.usage,
        cost: run.cost,
        medianMs: run.medianMs,
      },
    ]),
  ),
  ranking: report.ranking ?? null,
  notes: [...report.notes, ...open, ...(problem === undefined ? [] : [problem])],
})
