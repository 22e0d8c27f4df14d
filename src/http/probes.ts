import type { FastifyInstance } from 'fastify'
import type { Live } from '../knowledge/live.ts'
import type { Serving } from '../routing/serving.ts'

export type ProbeDeps = {
  readonly live: Live<Serving>
  readonly metrics: { readonly contentType: string; text(): Promise<string> }
  /** Why the files are not what is served, while they are not. */
  readonly swapProblem: () => string | undefined
  /** Where several answer: how many do, of how many. */
  readonly processes?: (() => { readonly running: number; readonly wanted: number }) | undefined
}

/** Process, readiness and metrics: for machines, without a key, and answered while everything else is busy. */
export const probes = async (app: FastifyInstance, { live, metrics, swapProblem, processes }: ProbeDeps) => {
  app.get('/healthz', async () => ({ status: 'ok' }))
  app.get('/readyz', async () => {
    const { snapshot } = live.current()
    const { encoder, encoderProblem, index, indexBecause, dataProblem, examples } = snapshot.retriever.about
    const problem = swapProblem()
    const workers = snapshot.retriever.workers()
    const several = processes?.()
    const complete = several === undefined || several.running >= several.wanted
    const well = encoderProblem === undefined && problem === undefined && workers > 0 && complete
    return {
      status: well ? 'ok' : 'degraded',
      snapshot: snapshot.version,
      map: snapshot.map.name,
      tasks: snapshot.map.tasks.size,
      experts: snapshot.map.experts.size,
      examples,
      encoder,
      index,
      workers,
      ...(several === undefined ? {} : { processes: several }),
      ...(indexBecause === undefined ? {} : { indexBecause }),
      ...(encoderProblem === undefined ? {} : { encoderProblem }),
      ...(dataProblem === undefined ? {} : { dataProblem }),
      ...(problem === undefined ? {} : { swapProblem: problem }),
    }
  })
  app.get('/metrics', async (_request, reply) => {
    void reply.header('content-type', metrics.contentType)
    return await metrics.text()
  })
}
