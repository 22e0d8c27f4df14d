import type { Line } from './measure.ts'
import type { Result } from './results.ts'

/** What is promised of speed: at least, and aimed at. */
export type Promised = {
  readonly what: string
  readonly unit: string
  readonly least: number
  readonly aim: number
  readonly smaller?: boolean
  /** What it depends on most. */
  readonly bound: string
  of(result: Result): number | undefined
}

const lineOf = ({ lines }: Result, scenario: string, subject = 'coe-ops'): Line | undefined =>
  lines.find(line => line.scenario === scenario && line.subject === subject)

const times = (one: number | undefined, other: number | undefined): number | undefined =>
  one === undefined || other === undefined ? undefined : one / other

const perSecond = (result: Result, scenario: string, subject?: string) =>
  lineOf(result, scenario, subject)?.medians.perSecond

const REMEMBERED =
  'parsing, key check, policies, log line, metrics and history of a request, beside two writes'

export const promised: readonly Promised[] = [
  {
    what: 'Remembered question, 32 connections: share of the bare proxy',
    unit: '',
    least: 0.7,
    aim: 0.95,
    bound: REMEMBERED,
    of: result => lineOf(result, 'remembered')?.ratio,
  },
  {
    what: 'The same by processor time a request',
    unit: '',
    least: 0.7,
    aim: 0.95,
    bound: REMEMBERED,
    of: result => lineOf(result, 'remembered')?.cpuRatio,
  },
  {
    what: 'The same against Portkey',
    unit: '×',
    least: 7,
    aim: 11,
    bound: 'Portkey',
    of: result => times(perSecond(result, 'remembered'), perSecond(result, 'remembered', 'Portkey')),
  },
  {
    what: 'The same against LiteLLM',
    unit: '×',
    least: 60,
    aim: 95,
    bound: 'LiteLLM',
    of: result => times(perSecond(result, 'remembered'), perSecond(result, 'remembered', 'LiteLLM')),
  },
  {
    what: 'One connection: added to direct, p50',
    unit: 'ms',
    least: 0.3,
    aim: 0.18,
    smaller: true,
    bound: 'two ways through the kernel and the event loop; a bare proxy adds about two thirds of it',
    of: result => lineOf(result, 'single')?.addedP50,
  },
  {
    what: 'One connection: added to direct, p99',
    unit: 'ms',
    least: 2,
    aim: 1,
    smaller: true,
    bound: 'the collector, and whatever else the machine does',
    of: result => lineOf(result, 'single')?.addedP99,
  },
  {
    what: 'New questions of 40 tokens that their words decide',
    unit: '/s',
    least: 180,
    aim: 350,
    bound: 'the vote by words, half a millisecond of a worker, and the event loop',
    of: result => perSecond(result, 'cold'),
  },
  {
    what: 'New questions of 40 tokens that have to be encoded',
    unit: '/s',
    least: 180,
    aim: 350,
    bound: 'the encoder: cores less one have a worker each',
    of: result => perSecond(result, 'vague'),
  },
  {
    what: 'The same, one connection: added to direct beyond the encoder itself, p50',
    unit: 'ms',
    least: 1.5,
    aim: 0.5,
    smaller: true,
    bound:
      'the way of a remembered question that is asked as rarely, of which a bare proxy takes more than half; the votes by words and by vectors; two hops between threads',
    of: result => lineOf(result, 'beyond')?.addedP50,
  },
  {
    what: "Remembered questions' p99 while new ones saturate the workers, against quiet",
    unit: '×',
    least: 3,
    aim: 1.5,
    smaller: true,
    bound: 'cores: workers, event loop, expert and load generator share them here',
    of: result => times(lineOf(result, 'busy')?.medians.p99, lineOf(result, 'quiet')?.medians.p99),
  },
  {
    what: 'Streaming: added to a chunk, p50',
    unit: 'ms',
    least: 0.1,
    aim: 0.03,
    smaller: true,
    bound: 'one more read, write and wake-up',
    of: result => lineOf(result, 'chunks')?.addedP50,
  },
  {
    what: 'Streaming: chunks, share of the bare proxy',
    unit: '',
    least: 0.7,
    aim: 0.95,
    bound: 'writes to the client: what comes in one turn of the loop goes out in one',
    of: result => lineOf(result, 'streaming')?.ratio,
  },
  {
    what: 'Conversation of 100 kB, one connection: added to direct, p50',
    unit: 'ms',
    least: 1.5,
    aim: 0.6,
    smaller: true,
    bound: 'JSON.parse, and 100 kB read, looked through, copied and written once more',
    of: result => lineOf(result, '100k-single')?.addedP50,
  },
  {
    what: 'Resident memory, idle',
    unit: 'MB',
    least: 300,
    aim: 200,
    smaller: true,
    bound: "the encoder's weights and libraries, the context's vectors, Node's own 45 MB",
    of: ({ memory }) => memory?.idleMb,
  },
  {
    what: 'Resident memory after 5 minutes at full load',
    unit: 'MB',
    least: 400,
    aim: 260,
    smaller: true,
    bound: '10,000 decisions remembered, as many in the history, and 48 MB of young objects',
    of: ({ memory }) => (memory !== undefined && memory.minutes >= 5 ? memory.loadedMb : undefined),
  },
  {
    what: 'Two processes against one',
    unit: '×',
    least: 1.5,
    aim: 1.9,
    bound: 'cores: on two, load generator and expert need one of them',
    of: result =>
      times(perSecond(result, 'processes', 'two processes'), perSecond(result, 'processes', 'coe-ops')),
  },
]
