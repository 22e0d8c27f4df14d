import type { Live } from '../../knowledge/live.ts'
import type { Feedback } from '../../observe/feedback.ts'
import type { Serving } from '../../routing/serving.ts'
import { feedbackAnswer } from './candidate-answers.ts'
import { type AdminRoute, get } from './route.ts'

export type FeedbackDeps = {
  readonly live: Live<Serving>
  readonly feedback: Pick<Feedback, 'opinions' | 'corrections'>
}

/** What clients said, beside what was measured. */
export const feedbackRoutes = ({ live, feedback }: FeedbackDeps): AdminRoute[] => [
  get(
    '/feedback',
    () => {
      const { scores } = live.current().snapshot.map
      return {
        experts: feedback.opinions().map(opinion => ({
          ...opinion,
          measured: scores.get(opinion.expert)?.get(opinion.task) ?? null,
        })),
        corrections: feedback.corrections().map(({ question, questionHash, ...correction }) => ({
          ...correction,
          ...(question === undefined ? { questionHash } : { question }),
        })),
      }
    },
    { summary: 'What clients said, by expert and task, and the last corrections', answers: feedbackAnswer },
  ),
]
