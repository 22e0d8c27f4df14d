import type { Fares } from '../http/admin/experts.ts'
import { correctionsTogether } from '../observe/corrections.ts'
import { figuresOf, minutesTogether } from '../observe/expert-figures.ts'
import type { Feedback, Opinions } from '../observe/feedback.ts'
import { opinionsTogether } from '../observe/opinions.ts'
import type { Siblings } from './member.ts'
import type { Reported } from './protocol.ts'
import type { Own } from './share.ts'

type Known = Pick<Own, 'registry' | 'figures'>

export const reported = ({ registry, figures }: Known): readonly Reported[] =>
  registry.report().map(report => ({ ...report, minutes: figures.minutes(report.id) }))

/** The experts as all processes see them together: what runs adds up, and of their breakers the worst is told. */
export const faresOfAll =
  ({ ask }: Pick<Siblings, 'ask'>, own: Known) =>
  async (): Promise<readonly Fares[]> => {
    const byId = new Map<string, Reported[]>()
    for (const one of [reported(own), ...(await ask('experts'))].flat()) {
      byId.set(one.id, [...(byId.get(one.id) ?? []), one])
    }
    return [...byId.values()].map(together)
  }

const WORST = ['closed', 'paused', 'probing', 'open'] as const

const together = (all: readonly Reported[]): Fares => {
  const [{ id, about }] = all as [Reported]
  const sum = (of: (one: Reported) => number) => all.reduce((total, one) => total + of(one), 0)
  const worst = Math.max(...all.map(({ breaker }) => WORST.indexOf(breaker)))
  return {
    id,
    about,
    breaker: WORST[worst] ?? 'closed',
    inFlight: sum(({ inFlight }) => inFlight),
    queued: sum(({ queued }) => queued),
    draining: all.some(({ draining }) => draining),
    ...figuresOf(minutesTogether(all.map(({ minutes }) => minutes))),
  }
}

/** What clients said, whichever process they told, of answers that any process gave. */
export const opinionsOfAll = ({ ask }: Pick<Siblings, 'ask'>, own: Feedback): Opinions => ({
  give: async given => own.give(given) || (await ask('rate', given)).includes(true),
  opinions: async () =>
    opinionsTogether([own.opinions(), ...(await ask('opinions')).map(({ opinions }) => opinions)]),
  corrections: async () =>
    correctionsTogether([
      own.corrections(),
      ...(await ask('opinions')).map(({ corrections }) => corrections),
    ]),
})
