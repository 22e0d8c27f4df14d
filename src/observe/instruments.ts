import type { Registry } from 'prom-client'
import { Counter, Histogram } from './series.ts'

const buckets = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]

/** Counted by the process that starts the others. */
export const restarts = {
  name: 'coe_process_restarts_total',
  help: 'Processes that ended by themselves and were started again.',
}

/** Everything that is counted or timed. Label values come from the map, the keys' names and the catalogue of errors, never from a request. */
export const createInstruments = (registry: Registry) => {
  const counter = <const Names extends readonly string[]>(name: string, help: string, ...labelNames: Names) =>
    new Counter(registry, { name, help, labelNames })
  const histogram = <const Names extends readonly string[]>(
    name: string,
    help: string,
    ...labelNames: Names
  ) => new Histogram(registry, { name, help, labelNames }, buckets)

  return {
    requests: counter('coe_requests_total', 'Requests by endpoint and status.', 'endpoint', 'status'),
    clients: counter(
      'coe_client_requests_total',
      'Requests by the name of the key, of those that have one.',
      'client',
      'status',
    ),
    duration: histogram('coe_request_seconds', 'Until the first byte of the answer.', 'endpoint'),
    overhead: histogram(
      'coe_overhead_seconds',
      'Until the first byte, without waiting on experts or the classifier.',
    ),
    encoding: histogram('coe_encode_seconds', 'Encoding a question, of those that had to be.'),
    decisions: counter(
      'coe_decisions_total',
      'Decisions by task, first expert and how.',
      'task',
      'expert',
      'decided_by',
      'remembered',
    ),
    deciding: histogram('coe_decision_seconds', 'Deciding, the classifier included.'),
    classifier: counter(
      'coe_classifier_calls_total',
      'Calls of the classifier; skipped are those not made.',
      'outcome',
    ),
    classifying: histogram('coe_classifier_seconds', 'A call of the classifier.'),
    expertSeconds: histogram('coe_expert_seconds', "Until an expert's first byte.", 'expert'),
    failures: counter('coe_expert_failures_total', 'Failed calls of experts.', 'expert', 'code'),
    streams: counter('coe_streams_total', 'Streams by how they ended.', 'expert', 'outcome'),
    tokens: counter('coe_tokens_total', "Tokens by the experts' own word.", 'expert', 'direction'),
    retrieval: counter('coe_retrieval_failures_total', 'Questions routed without neighbours.'),
    refused: counter('coe_refused_total', 'Requests and connections turned away at the door.', 'because'),
    swaps: counter('coe_swaps_total', 'Attempts to replace the snapshot.', 'outcome'),
    processRestarts: counter(restarts.name, restarts.help),
    candidates: counter('coe_candidates_total', 'Candidates that are tried no more.', 'outcome'),
    feedback: counter(
      'coe_feedback_total',
      'Answers that clients said something about.',
      'expert',
      'task',
      'rating',
    ),
    workerDeaths: counter('coe_worker_deaths_total', 'Retrieval workers that ended by themselves.'),
  }
}
