import type { Live } from '../../knowledge/live.ts'
import type { Opinions } from '../../observe/feedback.ts'
import type { Serving } from '../../routing/serving.ts'
import { feedbackAnswer } from './candidate-answers.ts'
import { type AdminRoute, get } from './route.ts'

export type FeedbackDeps = {
  readonly live: Live<Serving>
  readonly opinions: Opinions
}

/** What clients said, beside what was measured. */
export const feedbackRoutes = ({ live, opinions }: FeedbackDeps): AdminRoute[] => [
  get(
    '/feedback',
    async () => {
      const { scores } = live.current().snapshot.map
      return {
        experts: (await opinions.opinions()).map(opinion => ({
          ...opinion,
          measured: scores.get(opinion.expert)?.get(opinion.task) ?? null,
        })),
        corrections: (await opinions.corrections()).map(({ question, questionHash, ...correction }) => ({
          ...correction,
          ...(question === undefined ? { questionHash } : { question }),
        })),
      }
    },
    { summary: 'What clients said, by expert and task, and the last corrections', answers: feedbackAnswer },
  ),
]
