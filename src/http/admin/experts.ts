import { z } from 'zod'
import { GatewayError } from '../../errors.ts'
import type { ExpertReport, Registry } from '../../experts/registry.ts'
import type { Figures } from '../../observe/expert-figures.ts'
import { expertAnswer, expertsAnswer } from './answers.ts'
import { type AdminRoute, get, post } from './route.ts'

/** How an expert fares, and what it did in the last hour. */
export type Fares = ExpertReport & Figures

export type ExpertDeps = {
  readonly registry: Pick<Registry, 'report' | 'drain'>
  /** Of this process, or of all of them. */
  readonly fares: () => readonly Fares[] | Promise<readonly Fares[]>
}

const drainBody = z.strictObject({ draining: z.boolean().default(true) })

export const expertRoutes = ({ registry, fares }: ExpertDeps): AdminRoute[] => {
  const shown = ({ id, about, ...rest }: Fares) => ({ id, ...about, ...rest })
  const shownOf = async (id: string) => {
    const found = (await fares()).find(report => report.id === id)
    if (found === undefined) throw noExpert(id, registry.report())
    return shown(found)
  }
  return [
    get('/experts', async () => ({ experts: (await fares()).map(shown) }), {
      summary: 'How the experts fare',
      answers: expertsAnswer,
    }),
    get('/experts/:id', ({ params: { id = '' } }) => shownOf(id), {
      summary: 'How one of them fares',
      answers: expertAnswer,
    }),
    post(
      '/experts/:id/drain',
      drainBody,
      ({ params: { id = '' }, body: { draining }, log }) => {
        if (!registry.drain(id, draining)) throw noExpert(id, registry.report())
        log.info({ expert: id, draining }, draining ? 'an expert is being drained' : 'an expert works again')
        return shownOf(id)
      },
      { summary: 'Empties an expert, or lets it work again', answers: expertAnswer },
    ),
  ]
}

const noExpert = (id: string, known: readonly ExpertReport[]) =>
  new GatewayError('not_found', `There is no expert "${id}". There is: ${known.map(e => e.id).join(', ')}.`)
