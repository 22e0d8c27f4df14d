import { collectDefaultMetrics, Registry } from 'prom-client'
import type { CandidateEvents } from '../routing/candidate/place.ts'
import type { Events, RequestEvents } from '../routing/events.ts'
import type { SwapEvents } from '../routing/serving.ts'
import type { FeedbackEvents } from './feedback.ts'
import { type Gauges, registerGauges } from './gauges.ts'
import { createInstruments } from './instruments.ts'

export type Metrics = {
  readonly events: Events & RequestEvents & SwapEvents & CandidateEvents & FeedbackEvents
  readonly contentType: string
  text(): Promise<string>
  /** Each with its values, to be put together with those of other processes. */
  values(): Promise<MetricValues[]>
  /** What there is, for the list in docs/metrics.md. */
  described(): MetricDescription[]
}

export type MetricValues = Awaited<ReturnType<Registry['getMetricsAsJSON']>>[number]

export type MetricDescription = {
  readonly name: string
  readonly type: string
  readonly labels: readonly string[]
  readonly help: string
}

/** What is announced, counted. */
export const createMetrics = (gauges: Gauges): Metrics => {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const count = createInstruments(registry)
  const state = registerGauges(registry, gauges)

  return {
    contentType: registry.contentType,
    text: () => registry.metrics(),
    values: () => registry.getMetricsAsJSON(),
    described: () => describedOf(registry),
    events: {
      decided({ task, experts, decidedBy }, remembered, ms) {
        const expert = experts[0] ?? 'none'
        count.decisions.inc([task, expert, decidedBy, String(remembered)])
        count.deciding.observe([], ms / 1000)
      },
      classified(outcome, ms) {
        count.classifier.inc([outcome])
        if (outcome !== 'skipped') count.classifying.observe([], ms / 1000)
      },
      expertAnswered: (expert, ms) => count.expertSeconds.observe([expert], ms / 1000),
      expertFailed: ({ expert, code }) => count.failures.inc([expert, code]),
      retrievalFailed: () => count.retrieval.inc([]),
      answered({ endpoint, client, status, ms, overheadMs, encodeMs, expert = 'none', outcome, tokens }) {
        const code = String(status)
        count.requests.inc([endpoint, code])
        if (client !== undefined) count.clients.inc([client, code])
        count.duration.observe([endpoint], ms / 1000)
        if (overheadMs !== undefined) count.overhead.observe([], overheadMs / 1000)
        if (encodeMs !== undefined) count.encoding.observe([], encodeMs / 1000)
        if (outcome !== undefined) count.streams.inc([expert, outcome])
        if (tokens !== undefined) {
          count.tokens.inc([expert, 'prompt'], tokens.prompt)
          count.tokens.inc([expert, 'completion'], tokens.completion)
        }
      },
      refused: because => count.refused.inc([because]),
      refusing: () => undefined,
      refusedEnough: () => undefined,
      swapped({ snapshot }) {
        count.swaps.inc(['done'])
        state.swapped(snapshot)
      },
      swapFailed(_error, inFiles) {
        count.swaps.inc(['failed'])
        if (inFiles) state.swapFailed()
      },
      candidateBegan: () => undefined,
      candidateEnded: ({ outcome }) => count.candidates.inc([outcome]),
      rated: ({ score }, task, expert) => count.feedback.inc([expert, task, score >= 0.5 ? 'good' : 'bad']),
      feedbackLost: () => undefined,
      agreed: () => state.agreed(),
      workerDied: () => count.workerDeaths.inc([]),
    },
  }
}

/** prom-client's metrics have the names of their labels; its types do not say so. */
const describedOf = (registry: Registry): MetricDescription[] =>
  registry.getMetricsAsArray().map(metric => {
    const { name, type, help } = metric
    const { labelNames = [] } = metric as { labelNames?: readonly string[] }
    return { name, type: String(type), help, labels: labelNames }
  })
