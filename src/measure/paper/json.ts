import type { ExpertRun } from '../rank/expert-run.ts'
import type { PaperReport } from './page.ts'
import type { PaperPlan } from './plan.ts'
import { PUBLISHED_BY, publishedOf } from './published.ts'

/** The one document of --json. */
export const paperJson = (plan: PaperPlan, { result, modelOf, notes }: PaperReport, complete: boolean) => ({
  contextShare: plan.contextShare,
  seed: plan.seed,
  complete,
  sets: Object.fromEntries(
    result.sets.map(({ set, judged, told, expertSets }) => [
      set.name,
      {
        tasks: set.tasks,
        context: set.context.length,
        asked: set.asked.length,
        judged,
        classification: told,
        expertSets: expertSets.map(figures => ({ ...figures, names: Object.keys(figures.experts) })),
        published: publishedIn(set.name, [...result.experts.keys()], modelOf),
      },
    ]),
  ),
  experts: Object.fromEntries([...result.experts].map(([id, run]) => [id, spentBy(run)])),
  classifier: result.classifier === undefined ? null : spentBy(result.classifier),
  notes,
})

const spentBy = ({ before, answered, failedCalls, usage, cost, medianMs, open, stopped }: ExpertRun) => ({
  ...{ before, answered, failedCalls, usage, cost, medianMs, open },
  stopped: stopped ?? null,
})

const publishedIn = (
  set: Parameters<typeof publishedOf>[1],
  experts: readonly string[],
  modelOf: PaperReport['modelOf'],
) => ({
  source: PUBLISHED_BY,
  ...Object.fromEntries(
    experts.flatMap(expert => {
      const found = publishedOf(modelOf(expert), set)
      return found === undefined ? [] : [[expert, found]]
    }),
  ),
})
