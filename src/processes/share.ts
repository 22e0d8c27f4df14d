import type { CrewWanted, Registry } from '../experts/registry.ts'
import type { Fares } from '../http/admin/experts.ts'
import type { Decisions } from '../observe/decisions.ts'
import type { ExpertFigures } from '../observe/expert-figures.ts'
import type { Feedback } from '../observe/feedback.ts'
import type { Metrics } from '../observe/metrics.ts'
import type { Candidates } from '../routing/candidate/candidates.ts'
import { decisionsOfAll, lean, seqAfter } from './all-decisions.ts'
import { faresOfAll, opinionsOfAll, reported } from './all-figures.ts'
import { joinTrial, trialInAll } from './all-trials.ts'
import type { Siblings } from './member.ts'
import type { OfSibling } from './protocol.ts'

/** An expert's places are divided, at least one for each: it cannot know how many processes ask it. */
export const shareOf = ({ experts, classifier }: CrewWanted, processes: number): CrewWanted => ({
  classifier,
  experts: new Map(
    [...experts].map(([id, definition]) => [
      id,
      processes === 1 || 'builtin' in definition
        ? definition
        : {
            ...definition,
            concurrency: Math.ceil(definition.concurrency / processes),
            queue: Math.ceil(definition.queue / processes),
          },
    ]),
  ),
})

/** What one process records of what concerns all: in one history, and by numbers that nobody else gives. */
export const recordedWith = (siblings: Siblings) => ({
  onAdded: (entry: Parameters<OfSibling['activated']>[0]) => void siblings.ask('activated', entry),
  seqAfter: seqAfter(siblings),
})

/** What one process knows by itself. */
export type Own = {
  readonly registry: Registry
  readonly metrics: Pick<Metrics, 'contentType' | 'text' | 'values'>
  readonly decisions: Decisions
  readonly figures: ExpertFigures
  readonly candidates: Candidates
  readonly feedback: Feedback
  readonly history: { learn(entry: Parameters<OfSibling['activated']>[0]): void }
}

/** What is the same whichever of several processes is asked. */
export const sharedWith = (siblings: Siblings | undefined, own: Own) => {
  const { registry, metrics, decisions, figures, candidates, feedback } = own
  if (siblings === undefined) {
    const fares = (): Fares[] => registry.report().map(report => ({ ...report, ...figures.of(report.id) }))
    const trial = { ...trialOf(candidates), report: () => candidates.standing?.report() }
    return { registry, metrics, told: decisions, fares, trial, opinions: feedback }
  }
  siblings.offer({ metrics: metrics.values, drain: registry.drain, ...offersOf(own) })
  joinTrial(siblings, candidates)
  const { contentType, text } = metrics
  return {
    keyLimits: siblings.limits,
    processes: () => ({ running: siblings.running(), wanted: siblings.wanted }),
    // One's own are better than none.
    metrics: { contentType, text: () => siblings.metrics().catch(text) },
    registry: {
      report: registry.report,
      drain(id: string, on: boolean) {
        const found = registry.drain(id, on)
        if (found) siblings.drained(id, on)
        return found
      },
    },
    told: decisionsOfAll(siblings, decisions),
    fares: faresOfAll(siblings, own),
    trial: trialInAll(siblings, candidates),
    opinions: opinionsOfAll(siblings, feedback),
  }
}

/** By name: what stands there now is read from the object itself, and would be lost in a copy. */
const trialOf = ({ begin, adjust, activate, drop, ended }: Candidates) => ({
  begin,
  adjust,
  activate,
  drop,
  ended,
})

const offersOf = (own: Own): OfSibling => {
  const { decisions, candidates, feedback, history } = own
  return {
    decisions: wanted => lean(decisions.latest(wanted)),
    experts: () => reported(own),
    rate: feedback.give,
    opinions: () => ({ opinions: feedback.opinions(), corrections: feedback.corrections() }),
    candidate() {
      const { standing } = candidates
      return standing && { report: standing.report(), source: standing.source, terms: standing.terms() }
    },
    beginCandidate: async (source, terms) => void (await candidates.begin(source, terms)),
    adjustCandidate: terms => void candidates.adjust(() => terms),
    dropCandidate: async because => void (await candidates.drop(because)),
    activated: history.learn,
  }
}
