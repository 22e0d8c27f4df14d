import { createRegistry } from '../../experts/registry.ts'
import type { ExpertDefinition } from '../../knowledge/map.ts'
import type { TaskMap } from '../../knowledge/task-map.ts'
import { seeded, shuffled } from '../random.ts'
import { createAskExpert, tokensIn } from './ask-expert.ts'
import { journalFolder, openJournal, readJournal } from './journal.ts'
import { createLane, type Job, type LaneEnd, type Stops } from './lane.ts'
import { measurementKey, type Reply } from './measurement.ts'
import { createPace } from './pace.ts'
import type { Ask } from './prompt.ts'
import { costOf, createPurse, type Price, type Purse } from './purse.ts'
import type { RankQuestion } from './questions.ts'
import { type Verdict, verdictOf } from './verdict.ts'

type RemoteExpert = Exclude<ExpertDefinition, { builtin: unknown }>

export type RankPlan = {
  readonly map: TaskMap
  readonly experts: readonly string[]
  readonly questions: readonly RankQuestion[]
  readonly prompt: Ask
  readonly dataPath: string
  readonly maxCost: number | undefined
  readonly maxTokens: number
  readonly concurrency: number
}

/** How far it is, for whoever watches. */
export type RankProgress = {
  readonly done: number
  readonly total: number
  readonly failedCalls: number
  /** Answered by this run, and in which time. */
  readonly asked: number
  readonly elapsedMs: number
  /** Undefined where no expert has a price. */
  readonly cost: { readonly spent: number; readonly expected: number } | undefined
}

export type ExpertRun = {
  readonly verdicts: ReadonlyMap<RankQuestion, Verdict>
  readonly stopped: string | undefined
  readonly open: readonly { readonly id: string; readonly because: string }[]
  /** Answers that were there before, and calls of this run. */
  readonly before: number
  readonly answered: number
  readonly failedCalls: number
  readonly usage: { readonly input: number; readonly output: number; readonly estimated: boolean }
  /** Of all its answers, those of earlier runs included; null without a price. */
  readonly cost: number | null
  readonly medianMs: number | null
}

export type Ranked = { readonly experts: ReadonlyMap<string, ExpertRun>; readonly folder: string }

/** What an answer takes at first guess, before one has been seen. */
const GUESSED_OUTPUT = 512

type Part = {
  readonly id: string
  readonly definition: RemoteExpert
  readonly keyOf: ReadonlyMap<RankQuestion, string>
  readonly jobs: readonly Job[]
  readonly before: number
  answered: number
  failedCalls: number
}

export const runRank = async (
  plan: RankPlan,
  onProgress: (progress: RankProgress) => void,
  stops: Stops,
): Promise<Ranked> => {
  const folder = journalFolder(plan.dataPath)
  const keys = keysOf(plan)
  const replies = await readJournal(folder, new Set([...keys.values()].flatMap(of => [...of.values()])))
  const parts = partsOf(plan, keys, replies)
  const purse = createPurse(plan.maxCost)
  payForKnown(parts, replies, purse)
  const watch = watcher(plan, parts, purse, onProgress)
  const crew = await createRegistry().hire({ experts: new Map(parts.map(part => [part.id, part.definition])) })
  const journal = openJournal(folder)
  try {
    const lanes = parts.map(part => {
      const expert = crew.experts.get(part.id)
      if (expert === undefined) throw new Error(`No expert "${part.id}" was made.`)
      const ask = createAskExpert(expert, plan.maxTokens)
      const price = part.definition.price
      return createLane(
        part.jobs,
        {
          pace: createPace(Math.min(plan.concurrency, part.definition.concurrency), Date.now),
          ask: ({ key, question }, signal) => ask(plan.prompt(question), `rank-${key}`, signal),
          async keep({ key }, reply) {
            await journal.keep(key, part.id, reply)
            replies.set(key, reply)
            part.answered++
            watch()
          },
          afford: ({ question }) => (price === undefined ? 0 : purse.take(part.id, guess(plan, question, price))),
          pay(setAside, reply) {
            if (price === undefined) return
            purse.settle(part.id, setAside, reply === undefined ? 0 : costOf(reply.usage, price))
            for (const lane of lanes) lane.wake()
          },
          onFailed() {
            part.failedCalls++
            watch()
          },
          now: Date.now,
          random: Math.random,
        },
        stops,
      )
    })
    watch()
    const ends = await Promise.all(lanes.map(lane => lane.run()))
    return { experts: new Map(parts.map((part, i) => [part.id, runOf(part, plan, replies, ends[i])])), folder }
  } finally {
    crew.release()
    await journal.close()
  }
}

const guess = ({ prompt, maxTokens }: RankPlan, question: RankQuestion, price: Price) => {
  const { system, user } = prompt(question)
  return costOf({ input: tokensIn(system + user), output: Math.min(maxTokens, GUESSED_OUTPUT) }, price)
}

const remoteOf = (map: TaskMap, id: string): RemoteExpert => {
  const definition = map.experts.get(id)
  if (definition === undefined || 'builtin' in definition) throw new Error(`"${id}" is no expert behind a url.`)
  return definition
}

const keysOf = ({ experts, questions, prompt, map }: RankPlan) => {
  const prompts = questions.map(question => ({ question, prompt: prompt(question) }))
  return new Map(
    experts.map(id => {
      const definition = remoteOf(map, id)
      return [id, new Map(prompts.map(asked => [asked.question, measurementKey(definition, asked.prompt)]))]
    }),
  )
}

/**
 * In an order of its own, the same for all experts: a measurement that ends early has then asked of every task, and
 * asked everybody the same.
 */
const partsOf = (
  { experts, questions, map }: RankPlan,
  keys: ReadonlyMap<string, ReadonlyMap<RankQuestion, string>>,
  replies: ReadonlyMap<string, Reply>,
): Part[] => {
  const order = shuffled(questions, seeded(1))
  const claimed = new Set(replies.keys())
  return experts.map(id => {
    const keyOf = keys.get(id) ?? new Map<RankQuestion, string>()
    const jobs = order.flatMap(question => {
      const key = keyOf.get(question)
      if (key === undefined || claimed.has(key)) return []
      claimed.add(key)
      return { key, question }
    })
    const before = questions.filter(question => replies.has(keyOf.get(question) ?? '')).length
    return { id, definition: remoteOf(map, id), keyOf, jobs, before, answered: 0, failedCalls: 0 }
  })
}

const payForKnown = (parts: readonly Part[], replies: ReadonlyMap<string, Reply>, purse: Purse) => {
  const paid = new Set<string>()
  for (const { id, definition, keyOf } of parts) {
    for (const key of keyOf.values()) {
      const reply = replies.get(key)
      if (reply === undefined || definition.price === undefined || paid.has(key)) continue
      paid.add(key)
      purse.settle(id, 0, costOf(reply.usage, definition.price))
    }
  }
}

const watcher = (
  { map, experts }: RankPlan,
  parts: readonly Part[],
  purse: Purse,
  onProgress: (progress: RankProgress) => void,
) => {
  const began = Date.now()
  const priced = experts.some(id => remoteOf(map, id).price !== undefined)
  const total = sum(parts.map(({ before, jobs }) => before + jobs.length))
  return () => {
    const asked = sum(parts.map(({ answered }) => answered))
    const done = asked + sum(parts.map(({ before }) => before))
    const spent = purse.spent()
    onProgress({
      done,
      total,
      asked,
      failedCalls: sum(parts.map(({ failedCalls }) => failedCalls)),
      elapsedMs: Date.now() - began,
      cost: priced ? { spent, expected: done === 0 ? 0 : (spent / done) * total } : undefined,
    })
  }
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)

const runOf = (
  part: Part,
  { questions }: RankPlan,
  replies: ReadonlyMap<string, Reply>,
  end: LaneEnd | undefined,
): ExpertRun => {
  const answers = new Map(
    questions.flatMap((question): [RankQuestion, Reply][] => {
      const reply = replies.get(part.keyOf.get(question) ?? '')
      return reply === undefined ? [] : [[question, reply]]
    }),
  )
  const because = new Map([...(end?.open ?? [])].map(([{ key }, why]) => [key, why]))
  const usages = [...answers.values()].map(({ usage }) => usage)
  const input = sum(usages.map(usage => usage.input))
  const output = sum(usages.map(usage => usage.output))
  const times = [...answers.values()].map(({ ms }) => ms).sort((a, b) => a - b)
  const { price } = part.definition
  return {
    verdicts: new Map([...answers].map(([question, { text }]) => [question, verdictOf(question, text)])),
    stopped: end?.stopped,
    open: questions
      .filter(question => !answers.has(question))
      .map(question => ({
        id: question.id,
        because: because.get(part.keyOf.get(question) ?? '') ?? 'not asked',
      })),
    before: part.before,
    answered: part.answered,
    failedCalls: part.failedCalls,
    usage: { input, output, estimated: usages.some(({ estimated }) => estimated === true) },
    cost: price === undefined ? null : costOf({ input, output }, price),
    medianMs: times[Math.floor(times.length / 2)] ?? null,
  }
}
