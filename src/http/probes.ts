import type { FastifyInstance } from 'fastify'
import type { Live } from '../knowledge/live.ts'
import type { Serving } from '../routing/serving.ts'
import type { Swaps } from '../swaps/swaps.ts'

export type ProbeDeps = {
  readonly live: Live<Serving>
  readonly metrics: { readonly contentType: string; text(): Promise<string> }
  readonly swaps: Pick<Swaps, 'problem'>
  /** What is not kept for later, because a disk is full or shut: it harms no request. */
  readonly keepProblems: () => readonly string[]
  /** Where several answer: how many do, of how many. */
  readonly processes?: (() => { readonly running: number; readonly wanted: number }) | undefined
}

/** Process, readiness and metrics: for machines, without a key, and answered while everything else is busy. */
export const probes = async (app: FastifyInstance, deps: ProbeDeps) => {
  const { live, metrics, swaps, keepProblems, processes } = deps
  app.get('/healthz', async () => ({ status: 'ok' }))
  app.get('/readyz', async () => {
    const { snapshot } = live.current()
    const { encoder, encoderProblem, index, indexBecause, dataProblem, examples } = snapshot.retriever.about
    const problem = swaps.problem()
    const notKept = keepProblems()
    const workers = snapshot.retriever.workers()
    const several = processes?.()
    const wrong = [encoderProblem !== undefined, problem?.inFiles === true, workers === 0, isMissing(several)]
    return {
      status: wrong.includes(true) ? 'degraded' : 'ok',
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
      ...(problem === undefined ? {} : { swapProblem: problem.message }),
      ...(notKept.length === 0 ? {} : { notKept }),
    }
  })
  app.get('/metrics', async (_request, reply) => {
    void reply.header('content-type', metrics.contentType)
    return await metrics.text()
  })
}

const isMissing = (processes: { readonly running: number; readonly wanted: number } | undefined) =>
  processes !== undefined && processes.running < processes.wanted
