import { z } from 'zod'
import { GatewayError } from '../../errors.ts'
import { InvalidFilesError } from '../../knowledge/problem.ts'
import type { Terms } from '../../routing/candidate/candidate.ts'
import type { Candidates } from '../../routing/candidate/candidates.ts'
import { type AdminRoute, get, post, put, remove } from './route.ts'

export type CandidateDeps = { readonly candidates: Candidates }

const why = z.string().trim().min(1).max(1_000).optional()
const mode = z.enum(['shadow', 'percent']).optional()
const percent = z.number().gt(0, 'must be more than 0').max(100).optional()
const classifier = z.boolean().optional()

const beginBody = z.strictObject({ source: z.string().min(1), mode, percent, classifier, why })
const adjustBody = z.strictObject({ mode, percent, classifier })
const whyBody = z.strictObject({ why })

/** A map that is tried beside the one that is served: in the shadow, or by some of the conversations. */
export const candidateRoutes = ({ candidates }: CandidateDeps): AdminRoute[] => [
  get('/candidate', () => candidates.standing?.report() ?? null),
  get('/candidates', () => ({ ended: candidates.ended() })),
  put('/candidate', beginBody, async ({ body: { source, ...wished } }) => {
    const terms = termsOf(wished, { mode: 'shadow', percent: 0, classifier: false, why: wished.why })
    return await usable(candidates.begin(source, terms))
  }),
  post('/candidate', adjustBody, ({ body }) => candidates.adjust(before => termsOf(body, before))),
  post('/candidate/activate', whyBody, async ({ body }) => {
    const { snapshot } = await usable(candidates.activate(body.why))
    return { version: snapshot.version, replaced: true }
  }),
  remove('/candidate', async () => await candidates.drop('by request')),
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

const usable = async <T>(work: Promise<T>): Promise<T> => {
  try {
    return await work
  } catch (error) {
    if (!(error instanceof InvalidFilesError)) throw error
    throw new GatewayError('not_usable', `The candidate is not usable.\n${error.message}`, { cause: error })
  }
}
