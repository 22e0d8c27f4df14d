import { z } from 'zod'
import { GatewayError } from '../../errors.ts'
import type { Live } from '../../knowledge/live.ts'
import type { Terms } from '../../routing/candidate/candidate.ts'
import type { Trial } from '../../routing/candidate/candidates.ts'
import type { Serving } from '../../routing/serving.ts'
import { candidateAnswer, endedAnswer } from './candidate-answers.ts'
import { whole } from './map.ts'
import { type AdminRoute, del, get, post, put } from './route.ts'

export type CandidateDeps = {
  readonly trial: Trial
  readonly live: Live<Serving>
  readonly mapPath: string
}

const why = z.string().trim().min(1).max(1_000).optional()
const mode = z.enum(['shadow', 'percent']).optional()
const percent = z.number().gt(0, 'must be more than 0').max(100).optional()
const classifier = z.boolean().optional()

const beginBody = z.strictObject({ source: z.string().min(1), mode, percent, classifier, why })
const adjustBody = z.strictObject({ mode, percent, classifier })
const whyBody = z.strictObject({ why })

/** A map that is tried beside the one that is served: in the shadow, or by some of the conversations. */
export const candidateRoutes = ({ trial, live, mapPath }: CandidateDeps): AdminRoute[] => [
  get('/candidate', async () => (await trial.report()) ?? null, {
    summary: 'The map that is tried beside the one that is served, and how it fares; null without one',
    answers: candidateAnswer.nullable(),
  }),
  get('/candidates', () => ({ ended: trial.ended() }), {
    summary: 'How the last candidates ended, newest first',
    answers: z.object({ ended: z.array(endedAnswer) }),
  }),
  put(
    '/candidate',
    beginBody,
    async ({ body: { source, ...wished } }) => {
      const terms = termsOf(wished, { mode: 'shadow', percent: 0, classifier: false, why: wished.why })
      return await trial.begin(whole(source, mapPath)(live.current().snapshot), terms)
    },
    { summary: 'Checks and prepares a map, and begins to try it', answers: candidateAnswer },
  ),
  post('/candidate', adjustBody, ({ body }) => trial.adjust(before => termsOf(body, before)), {
    summary: 'Changes how it is tried',
    answers: candidateAnswer,
  }),
  post(
    '/candidate/activate',
    whyBody,
    async ({ body: { why }, ip }) => {
      const { snapshot } = await trial.activate({ why, from: ip })
      return { version: snapshot.version, replaced: true }
    },
    {
      summary: 'Writes it into the map file and serves it',
      answers: z.object({ version: z.string(), replaced: z.boolean() }),
    },
  ),
  del('/candidate', async () => await trial.drop('by request'), {
    summary: 'Tries it no more',
    answers: endedAnswer,
  }),
]

/** A share given without a mode means that share; none is needed to go back into the shadow. */
const termsOf = (wished: z.output<typeof adjustBody>, before: Terms): Terms => {
  const mode = wished.mode ?? (wished.percent === undefined ? before.mode : 'percent')
  const classifier = wished.classifier ?? before.classifier
  if (mode === 'shadow') {
    if (wished.percent === undefined) return { ...before, mode, percent: 0, classifier }
    throw new GatewayError('invalid_request', 'percent: in the shadow it answers nobody; leave it out.')
  }
  const percent = wished.percent ?? before.percent
  if (percent > 0) return { ...before, mode, percent, classifier }
  throw new GatewayError('invalid_request', 'percent: is missing; say how many of 100 conversations.')
}
