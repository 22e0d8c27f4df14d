import type { MetricDescription } from '../../src/observe/metrics.ts'

/** Where a label's values come from: all of them closed sets, none from a request. */
export const labels: Readonly<Record<string, string>> = {
  because:
    '`in_flight`, `event_loop`, `bodies`, `connections`, `timeout`, `headers`, `malformed`: see [operating.md](operating.md#limits)',
  client: "the keys' names, from `COE_API_KEYS` and the map's `access`",
  code: 'the errors of [api.md](api.md#errors) and of experts: `expert_timeout`, `expert_busy`, …',
  decided_by: '`neighbours`, `classifier`, `fallback`, `pinned`',
  direction: "`prompt`, `completion`; by the experts' own word",
  encoder: '`minilm`, `lexical`',
  endpoint: 'the routes; `none` for what there is not',
  expert: "the map's experts; `none` where nobody answered",
  index: '`hnsw`, `exact`, `none`',
  map: "the map's name",
  mode: '`shadow`, `percent`',
  outcome:
    '`complete`, `truncated`, `left` (streams); `answered`, `unreadable`, `failed`, `skipped` (classifier); `done`, `failed` (swaps); `same`, `moved`, `not_seen` (questions of a candidate), `answers`, `failures`, `refused` (its answers), `activated`, `dropped`, `replaced`, `forgotten` (its end)',
  quantile: '`0.5`, `0.99`, `1`',
  rating: '`good`, `bad`',
  remembered: '`true`, `false`',
  side: '`served`, `candidate`',
  status: 'HTTP statuses; 499: the client left before the answer',
  task: "the map's tasks and `unknown`",
  version: 'of the snapshot that is served, or of the candidate',
}

const code = (text: string) => `\`${text}\``

const rowOf = ({ name, type, labels, help }: MetricDescription) =>
  `| ${code(name)} | ${type} | ${labels.map(code).join(', ')} | ${help} |`

/** The list of metrics, from the registry itself. */
export const metricsPage = (described: readonly MetricDescription[]): string => {
  const ours = described.filter(({ name }) => name.startsWith('coe_'))
  const used = new Set(ours.flatMap(metric => metric.labels))
  return `${[
    '# Metrics',
    '',
    '`GET /metrics` answers in the text format of Prometheus, without a key. This list is made from the program and kept true by a test. A dashboard for Grafana and alert rules that use it lie in [docker/](../docker/).',
    '',
    'Beside these there are the usual ones of a Node.js process (`process_cpu_seconds_total`, `process_resident_memory_bytes`, `nodejs_eventloop_lag_seconds`, …).',
    '',
    '| metric | type | labels | meaning |',
    '| --- | --- | --- | --- |',
    ...ours.map(rowOf).sort(),
    '',
    'A histogram has `_bucket`, `_sum` and `_count`; its unit is seconds.',
    '',
    '## Labels',
    '',
    'Every value comes from the map, the names of keys, or a fixed set: what a client writes never becomes a label.',
    '',
    '| label | values |',
    '| --- | --- |',
    ...[...used].sort().map(label => `| ${code(label)} | ${labels[label] ?? '?'} |`),
    '',
    '## Several processes',
    '',
    'With `--processes` any process answers for all. Counters, histograms and numbers of things (`coe_expert_in_flight`, `coe_queued_questions`, memory, CPU) are sums; states (`coe_expert_breaker_open`, `coe_snapshot_failed`, `coe_event_loop_delay_seconds`, …) are those of the worst process. `coe_snapshot_info` has a row for each version that is served by any of them: for a moment, while a change reaches one after the other, there are two.',
  ].join('\n')}\n`
}
