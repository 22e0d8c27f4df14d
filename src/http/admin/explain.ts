import { z } from 'zod'
import { GatewayError } from '../../errors.ts'
import type { Live } from '../../knowledge/live.ts'
import type { Events } from '../../routing/events.ts'
import { explain } from '../../routing/explain.ts'
import { inFull } from '../../routing/in-full.ts'
import { questionOf } from '../../routing/question.ts'
import type { Serving } from '../../routing/serving.ts'
import { targetOf } from '../openai/target.ts'
import { explanationAnswer } from './answers.ts'
import { fromMap } from './problems.ts'
import { type AdminRoute, post } from './route.ts'

export type ExplainDeps = {
  readonly live: Live<Serving>
  readonly events: Pick<Events, 'classified' | 'retrievalFailed'>
  readonly mapPath: string
}

const part = z.looseObject({ type: z.string().optional(), text: z.unknown().optional() })
const message = z.looseObject({ role: z.string(), content: z.union([z.string(), z.array(part)]).nullish() })

const questionBody = z.strictObject({
  question: z.string().optional().describe('What a person would ask; or else messages.'),
  messages: z.array(message).min(1).max(1_000).optional().describe('As a client sends them.'),
  model: z.string().optional().describe('auto, task/<id>, expert/<id> or an alias; auto if left out.'),
})

export const explainRoutes = ({ live, events, mapPath }: ExplainDeps): AdminRoute[] => [
  post(
    '/route',
    questionBody,
    ({ body: { question, messages, model }, signal }) => {
      if ((question === undefined) === (messages === undefined))
        throw new GatewayError('invalid_request', 'Send either question or messages.')
      const text = questionOf(messages ?? [{ role: 'user', content: question ?? '' }])
      return live.use(async serving => {
        const { snapshot } = serving
        const target = targetOf(snapshot.map, model)
        const { decision, classifier, tookMs } = await explain(
          serving,
          { text, target, hop: 1 },
          events,
          signal,
        )
        const shown = inFull(decision, snapshot)
        return {
          decision: {
            ...shown,
            neighbours: shown.neighbours.map(near => ({ ...near, at: fromMap(near.at, mapPath) })),
          },
          threshold: (decision.nearest.byWords ? snapshot.wordsThreshold : snapshot.threshold) ?? null,
          question: text,
          ...(classifier && { classifier }),
          tookMs,
        }
      })
    },
    { summary: 'Decides a question without asking an expert, and says why', answers: explanationAnswer },
  ),
]
