import { Agent } from 'node:http'
import type { Book, Entry } from './book.ts'
import { exchange, type Manner } from './exchange.ts'
import { questions, tasks } from './files.ts'
import { problemWith } from './verdict.ts'

export type Kind = {
  readonly name: string
  readonly weight: number
  readonly model: () => string
  readonly stream?: boolean
  readonly more?: () => object
  readonly manner?: () => Manner
  readonly path?: string
}

const pick = <T>(items: readonly T[]): T => items[Math.floor(Math.random() * items.length)] as T
const auto = () => 'auto'
const soon = () => ({ leaveAfterMs: Math.random() * 120 })
const kilobytes = (least: number, most: number) => () => ({
  soak: { kilobytes: Math.round(least + Math.random() * (most - least)) },
})
const pasted = () => ({
  messages: [{ role: 'user', content: `${pick(questions)}\n${'log line\n'.repeat(50_000)}` }],
})

/** What comes in, and how often. */
const KINDS: readonly Kind[] = [
  { name: 'whole', weight: 20, model: auto },
  { name: 'stream', weight: 25, model: auto, stream: true },
  { name: 'task', weight: 8, model: () => `task/${pick(tasks)}` },
  { name: 'task, stream', weight: 8, model: () => `task/${pick(tasks)}`, stream: true },
  { name: 'pinned healthy', weight: 6, model: () => 'expert/healthy' },
  {
    name: 'pinned faulty',
    weight: 6,
    model: () => `expert/flaky-${1 + Math.floor(Math.random() * 5)}`,
    stream: true,
  },
  { name: 'big question', weight: 2, model: auto, more: pasted },
  { name: 'big answer', weight: 2, model: auto, more: kilobytes(100, 2_000) },
  {
    name: 'slow client',
    weight: 3,
    model: auto,
    stream: true,
    more: kilobytes(200, 1_000),
    manner: () => ({ slow: true }),
  },
  { name: 'leaving', weight: 6, model: auto, manner: soon },
  { name: 'leaving, stream', weight: 6, model: auto, stream: true, manner: soon },
  {
    name: 'leaving, slow',
    weight: 2,
    model: auto,
    stream: true,
    more: kilobytes(2_000, 4_000),
    manner: () => ({ slow: true, leaveAfterMs: 200 + Math.random() * 500 }),
  },
  { name: 'nonsense', weight: 3, model: auto, more: () => ({ messages: 'none' }) },
  { name: 'embedding', weight: 3, model: () => 'all-minilm-l6-v2', path: 'embeddings' },
]

const lots = KINDS.flatMap(kind => Array.from({ length: kind.weight }, () => kind))

export type Traffic = { stop(): Promise<void>; readonly waits: number[] }

/** So many clients, each asking one thing after another until told to stop. */
export const startTraffic = (url: string, book: Book, clients: number): Traffic => {
  const agent = new Agent({ keepAlive: true, maxFreeSockets: clients })
  const waits: number[] = []
  let stopped = false
  const client = async () => {
    while (!stopped) {
      const kind = pick(lots)
      const entry = book.open(kind.name)
      const began = performance.now()
      await ask(url, agent, kind, entry, book)
      if (kind.name === 'whole') waits.push(performance.now() - began)
    }
  }
  const running = Array.from({ length: clients }, client)
  return {
    waits,
    async stop() {
      stopped = true
      await Promise.all(running)
      agent.destroy()
    },
  }
}

const ask = async (url: string, agent: Agent, kind: Kind, entry: Entry, book: Book) => {
  const question = pick(questions)
  const body = {
    model: kind.model(),
    user: entry.id,
    ...(kind.path === 'embeddings'
      ? { input: question }
      : { messages: [{ role: 'user', content: question }], stream: kind.stream ?? false }),
    ...kind.more?.(),
  }
  const to = { url: `${url}/v1/${kind.path ?? 'chat/completions'}`, agent, body }
  const result = await exchange(to, kind.manner?.())
  const { outcome, problem } = problemWith(kind, entry, result)
  entry.outcome = outcome
  if (problem !== undefined) book.wrong(entry, problem)
}
