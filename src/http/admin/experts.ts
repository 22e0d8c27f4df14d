import { z } from 'zod'
import { GatewayError } from '../../errors.ts'
import type { ExpertReport, Registry } from '../../experts/registry.ts'
import { type AdminRoute, get, post } from './route.ts'

export type ExpertDeps = { readonly registry: Pick<Registry, 'report' | 'drain'> }

const drainBody = z.strictObject({ draining: z.boolean().default(true) })

export const expertRoutes = ({ registry }: ExpertDeps): AdminRoute[] => {
  const shownOf = (id: string) => {
    const found = registry.report().find(report => report.id === id)
    if (found === undefined) throw noExpert(id, registry.report())
    return shown(found)
  }
  return [
    get('/experts', () => ({ experts: registry.report().map(shown) })),
    get('/experts/:id', ({ params: { id = '' } }) => shownOf(id)),
    post('/experts/:id/drain', drainBody, ({ params: { id = '' }, body: { draining }, log }) => {
      if (!registry.drain(id, draining)) throw noExpert(id, registry.report())
      log.info({ expert: id, draining }, draining ? 'an expert is being drained' : 'an expert works again')
      return shownOf(id)
    }),
  ]
}

const shown = ({ id, about, breaker, inFlight, queued, draining }: ExpertReport) => ({
  id,
  ...about,
  breaker,
  inFlight,
  queued,
  draining,
})

const noExpert = (id: string, known: readonly ExpertReport[]) =>
  new GatewayError('not_found', `There is no expert "${id}". There is: ${known.map(e => e.id).join(', ')}.`)
