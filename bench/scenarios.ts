import { setTimeout as sleep } from 'node:timers/promises'
import * as bodies from './bodies.ts'
import { type Figures, loadWith } from './load.ts'
import { chunkDelays, delayFigures, holdOpen } from './streams.ts'
import type { Subject } from './subjects.ts'

/** With the processor time that a request took of its subject: the one figure that busy neighbours hardly change. */
export type Measured = Partial<Figures & { readonly cpuUs: number }>

export type Scenario = {
  readonly name: string
  readonly title: string
  /** Whether its expert must stream, or read a request to its end before it answers: nginx does neither. */
  readonly needsNode?: boolean
  /** How long it takes a process to have compiled what this has it do; two seconds where nothing is said. */
  readonly warmUpSeconds?: number
  /** Whom it concerns, where that is not everybody. */
  readonly only?: readonly string[]
  measure(subject: Subject, seconds: number): Promise<Measured>
}

const load = (body: string, connections: number) => (subject: Subject, seconds: number) =>
  loadWith(subject, { body, connections, seconds })

/** The configuration is rewritten all the while. */
const duringSwaps = async (subject: Subject, seconds: number): Promise<Measured> => {
  const timer = setInterval(() => subject.swap?.(), 500)
  try {
    return await loadWith(subject, { body: bodies.remembered, connections: 32, seconds })
  } finally {
    clearInterval(timer)
  }
}

const besideIdleStreams = async (subject: Subject, seconds: number): Promise<Measured> => {
  const release = await holdOpen(subject, bodies.holding, 500)
  try {
    return await loadWith(subject, { body: bodies.remembered, connections: 32, seconds })
  } finally {
    release()
  }
}

/** As many new questions as the workers can take, and more. */
const besideColdOnes = async (subject: Subject, seconds: number): Promise<Measured> => {
  const busy = loadWith(subject, { body: bodies.cold, connections: 8, seconds: seconds + 1 })
  await sleep(500)
  const figures = await loadWith(subject, { body: bodies.remembered, connections: 4, seconds })
  await busy
  return figures
}

/** About as long as a question that is encoded takes. */
const AS_RARELY_MS = 9

/**
 * What the encoder took, by the gateway's own records, is taken off. Who encodes nothing is asked as rarely: on a core
 * that rests in between, everything takes several times as long.
 */
const beyondEncoder = async (subject: Subject, seconds: number): Promise<Measured> => {
  const load = { body: bodies.vague, connections: 1, seconds }
  const { encodeMs } = subject
  if (encodeMs === undefined) return await loadWith(subject, { ...load, pauseMs: AS_RARELY_MS })
  const { p50, ...rest } = await loadWith(subject, load)
  return { ...rest, p50: p50 - (await encodeMs()) }
}

const dripping = async (subject: Subject): Promise<Measured> =>
  delayFigures(await chunkDelays(subject, bodies.dripping, 16))

/** Chunks, not requests, are what is counted. */
const pouring = async (subject: Subject, seconds: number): Promise<Measured> => {
  const figures = await loadWith(subject, { body: bodies.streaming, connections: 32, seconds })
  return { ...figures, perSecond: figures.perSecond * 200 }
}

export const scenarios: readonly Scenario[] = [
  { name: 'remembered', title: 'Remembered question, 32 connections', measure: load(bodies.remembered, 32) },
  { name: 'single', title: 'Remembered question, 1 connection', measure: load(bodies.remembered, 1) },
  { name: 'cold', title: 'Cold questions, all different, about 40 tokens', measure: load(bodies.cold, 8) },
  {
    name: 'vague',
    title: 'Cold questions that words do not decide, about 40 tokens',
    measure: load(bodies.vague, 8),
    warmUpSeconds: 30,
  },
  {
    name: 'beyond',
    title:
      'Cold questions that words do not decide, 1 connection, p50 without the time of the encoder itself',
    measure: beyondEncoder,
    warmUpSeconds: 30,
  },
  {
    name: 'quiet',
    title: 'Remembered question, 4 connections',
    measure: load(bodies.remembered, 4),
    only: ['ours'],
  },
  {
    name: 'busy',
    title: 'Remembered question, 4 connections, while new questions saturate the workers',
    measure: besideColdOnes,
    only: ['ours'],
  },
  {
    name: 'processes',
    title: 'Remembered question, 64 connections, one process and two',
    measure: load(bodies.remembered, 64),
    only: ['ours', 'two processes'],
  },
  {
    name: 'pinned',
    title: 'Pinned expert, 32 connections',
    measure: load(bodies.pinned, 32),
    only: ['direct', 'yardstick', 'ours'],
  },
  {
    name: '100k',
    title: 'Conversation of 100 kB, 8 connections',
    measure: load(bodies.conversation100k, 8),
    needsNode: true,
  },
  {
    name: '100k-single',
    title: 'Conversation of 100 kB, 1 connection',
    measure: load(bodies.conversation100k, 1),
    needsNode: true,
    only: ['direct', 'yardstick', 'ours'],
  },
  { name: '1m', title: 'Body of 1 MB, 4 connections', measure: load(bodies.body1M, 4), needsNode: true },
  {
    name: 'streaming',
    title: 'Streams of 200 chunks, 32 connections (chunks/s)',
    measure: pouring,
    needsNode: true,
  },
  {
    name: 'chunks',
    title: "A chunk's way, 16 streams, one chunk in 10 ms each",
    measure: dripping,
    needsNode: true,
  },
  {
    name: 'idle',
    title: 'Remembered question beside 500 idle streams',
    measure: besideIdleStreams,
    needsNode: true,
  },
  {
    name: 'swaps',
    title: 'Remembered question during two swaps a second',
    measure: duringSwaps,
    only: ['direct', 'yardstick', 'ours'],
  },
]
