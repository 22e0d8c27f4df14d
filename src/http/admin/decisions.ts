import { z } from 'zod'
import { shown, type ToldDecisions } from '../../observe/decisions.ts'
import { decisionsAnswer } from './answers.ts'
import { createDecisionStreams } from './decision-streams.ts'
import { type AdminRoute, get } from './route.ts'

export type DecisionDeps = { readonly told: ToldDecisions }

const page = z.object({
  limit: z.coerce.number().int().min(1).max(1_000).default(100),
  task: z.string().optional(),
  expert: z.string().optional(),
  decidedBy: z.enum(['pinned', 'neighbours', 'classifier', 'fallback']).optional(),
  before: z.coerce
    .number()
    .int()
    .min(1)
    .optional()
    .describe('Only older ones than this seq: the last `next`.'),
})

export const decisionRoutes = ({ told }: DecisionDeps): AdminRoute[] => {
  const streams = createDecisionStreams(told)
  return [
    get(
      '/decisions',
      async ({ query }) => {
        const { decisions: found, next } = await told.latest(query)
        return { decisions: found.map(shown), ...(next === undefined ? {} : { next }) }
      },
      { summary: 'The last decisions, newest first', query: page, answers: decisionsAnswer },
    ),
    {
      ...get(
        '/decisions/stream',
        ({ header }) => {
          header('content-type', 'text/event-stream')
          header('cache-control', 'no-cache')
          header('x-accel-buffering', 'no')
          return streams.open()
        },
        { summary: 'Decisions as they are made', type: 'text/event-stream' },
      ),
      close: streams.close,
    },
  ]
}
