import { monitorEventLoopDelay } from 'node:perf_hooks'
import { Gauge, type Registry } from 'prom-client'
import type { CandidateReport } from '../routing/candidate/candidate.ts'
import type { Serving } from '../routing/serving.ts'
import { registerCandidate, type SetGauge } from './candidate-gauges.ts'

/** What a scrape asks of the parts that count for themselves. */
export type Gauges = {
  experts(): readonly { id: string; breaker: string; inFlight: number; queued: number; draining: boolean }[]
  queuedQuestions(): number
  candidate?(): CandidateReport | undefined
}

type Register = (name: string, help: string, labelNames: string[], collect: (set: SetGauge) => void) => void

/** Of several processes' values: numbers of things add up, of states the worst is told. */
type Kinds = { readonly number: Register; readonly state: Register }

/** Everything that is read at the moment of a scrape. */
export const registerGauges = (registry: Registry, gauges: Gauges) => {
  const kinds = kindsOn(registry)
  registerExperts(kinds, gauges)
  registerEventLoop(kinds)
  registerCandidate(kinds, () => gauges.candidate?.())
  kinds.number('coe_processes', 'Processes that answer.', [], set => set({}, 1))
  kinds.number('coe_queued_questions', 'Questions waiting to be encoded.', [], set =>
    set({}, gauges.queuedQuestions()),
  )
  return registerSnapshot(kinds)
}

const kindsOn = (registry: Registry): Kinds => {
  const kind =
    (aggregator: 'sum' | 'max'): Register =>
    (name, help, labelNames, collect) =>
      void new Gauge({
        name,
        help,
        labelNames,
        aggregator,
        registers: [registry],
        collect() {
          this.reset()
          collect((labels, value) => this.set(labels, value))
        },
      })
  return { number: kind('sum'), state: kind('max') }
}

const registerSnapshot = ({ number, state }: Kinds) => {
  let serving: Serving['snapshot'] | undefined
  let since = Date.now()
  let failed = false

  state('coe_snapshot_info', 'What is served.', ['version', 'map', 'encoder', 'index'], set => {
    if (serving === undefined) return
    const { encoder, index } = serving.retriever.about
    set({ version: serving.version, map: serving.map.name, encoder, index }, 1)
  })
  state('coe_snapshot_age_seconds', 'Since the snapshot was put in place.', [], set =>
    set({}, (Date.now() - since) / 1000),
  )
  state('coe_snapshot_failed', '1 while the files are not what is served.', [], set =>
    set({}, failed ? 1 : 0),
  )
  state('coe_encoder_degraded', '1 while the encoder is not the one that was wished for.', [], set =>
    set({}, serving?.retriever.about.encoderProblem === undefined ? 0 : 1),
  )
  number(
    'coe_retrieval_workers',
    'Workers alive; without any, questions are routed without neighbours.',
    [],
    set => set({}, serving?.retriever.workers() ?? 0),
  )
  return {
    swapped(snapshot: Serving['snapshot']) {
      serving = snapshot
      since = Date.now()
      failed = false
    },
    swapFailed() {
      failed = true
    },
    agreed() {
      failed = false
    },
  }
}

const registerExperts = ({ number, state }: Kinds, { experts }: Gauges) => {
  number('coe_expert_in_flight', 'Requests running at an expert.', ['expert'], set => {
    for (const { id, inFlight } of experts()) set({ expert: id }, inFlight)
  })
  number('coe_expert_queued', 'Requests waiting for a place at an expert.', ['expert'], set => {
    for (const { id, queued } of experts()) set({ expert: id }, queued)
  })
  state('coe_expert_draining', '1 while an expert takes no new requests.', ['expert'], set => {
    for (const { id, draining } of experts()) set({ expert: id }, draining ? 1 : 0)
  })
  state('coe_expert_breaker_open', '1 while an expert is left alone.', ['expert'], set => {
    for (const { id, breaker } of experts()) set({ expert: id }, breaker === 'closed' ? 0 : 1)
  })
}

const LOOK_MS = 10

const registerEventLoop = ({ state }: Kinds) => {
  const loop = monitorEventLoopDelay({ resolution: LOOK_MS })
  loop.enable()
  // Node counts from look to look: what lies beyond the time that was to pass between two is lateness.
  const late = (nanoseconds: number) => Math.max(0, nanoseconds / 1e9 - LOOK_MS / 1e3)
  state(
    'coe_event_loop_delay_seconds',
    'How late the event loop was, since the last scrape.',
    ['quantile'],
    set => {
      set({ quantile: '0.5' }, late(loop.percentile(50)))
      set({ quantile: '0.99' }, late(loop.percentile(99)))
      set({ quantile: '1' }, late(loop.max))
      loop.reset()
    },
  )
}
