import { type Crew, createRegistry } from '../../experts/registry.ts'
import { isBuiltin } from '../../knowledge/map.ts'
import type { TaskMap } from '../../knowledge/task-map.ts'
import { seeded, shuffled } from '../random.ts'
import { createAskExpert, tokensIn } from './ask-expert.ts'
import { type ExpertRun, expertRunOf, type Part, type RemoteExpert, sum, verdictsOf } from './expert-run.ts'
import { type Journal, journalFolder, openJournal, readJournal } from './journal.ts'
import { createLane, type LaneDeps, type Stops } from './lane.ts'
import { measurementKey, type Reply } from './measurement.ts'
import { createPace } from './pace.ts'
import type { Ask } from './prompt.ts'
import { costOf, createPurse, type Price, type Purse } from './purse.ts'
import type { RankQuestion } from './questions.ts'

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

export type Ranked = {
  readonly experts: ReadonlyMap<string, ExpertRun>
  /** Experts of the map that were not to be asked, as far as earlier runs asked them these questions. */
  readonly known: ReadonlyMap<string, ExpertRun['verdicts']>
}

/** What an answer takes at first guess, before one has been seen. */
const GUESSED_OUTPUT = 512

/** Asks what was never asked, of all experts at once, each within its own limits. */
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
  const crew = await createRegistry().hire({
    experts: new Map(parts.map(part => [part.id, part.definition])),
  })
  const journal = openJournal(folder)
  const shared: Shared = {
    plan,
    purse,
    journal,
    replies,
    watch,
    wakeAll() {
      for (const lane of lanes) lane.wake()
    },
  }
  const lanes = parts.map(part => createLane(part.jobs, laneDeps(part, crew, shared), stops))
  try {
    watch()
    // All of them to their end, also when one fails: what they are told meanwhile is paid for.
    const ends = await Promise.allSettled(lanes.map(lane => lane.run()))
    const lost = ends.find(end => end.status === 'rejected')
    if (lost !== undefined) throw lost.reason
    const laneEnds = ends.map(end => (end.status === 'fulfilled' ? end.value : undefined))
    return {
      experts: new Map(
        parts.map((part, i) => [part.id, expertRunOf(part, plan.questions, replies, laneEnds[i])]),
      ),
      known: knownOf(plan, keys, replies),
    }
  } finally {
    crew.release()
    await journal.close()
  }
}

type Shared = {
  readonly plan: RankPlan
  readonly purse: Purse
  readonly journal: Journal
  /** Of this run and of earlier ones, by what was asked. */
  readonly replies: Map<string, Reply>
  watch(): void
  wakeAll(): void
}

const laneDeps = (
  part: Part,
  crew: Crew,
  { plan, purse, journal, replies, watch, wakeAll }: Shared,
): LaneDeps => {
  const { id, definition } = part
  const { price } = definition
  const expert = crew.experts.get(id)
  if (expert === undefined) throw new Error(`No expert "${id}" was made.`)
  const ask = createAskExpert(expert, plan.maxTokens)
  return {
    pace: createPace(Math.min(plan.concurrency, definition.concurrency), Date.now),
    ask: ({ key, question }, signal) => ask(plan.prompt(question), `rank-${key}`, signal),
    async keep({ key }, reply) {
      await journal.keep(key, id, reply)
      replies.set(key, reply)
      part.answered++
      watch()
    },
    afford: ({ question }) => (price === undefined ? 0 : purse.take(id, guess(plan, question, price))),
    pay(setAside, reply) {
      if (price === undefined) return
      purse.settle(id, setAside, reply === undefined ? 0 : costOf(reply.usage, price))
      wakeAll()
    },
    onFailed() {
      part.failedCalls++
      watch()
    },
    now: Date.now,
    random: Math.random,
  }
}

const guess = ({ prompt, maxTokens }: RankPlan, question: RankQuestion, price: Price) => {
  const { system, user } = prompt(question)
  return costOf({ input: tokensIn(system + user), output: Math.min(maxTokens, GUESSED_OUTPUT) }, price)
}

const remoteOf = (map: TaskMap, id: string): RemoteExpert => {
  const definition = map.experts.get(id)
  if (definition === undefined || 'builtin' in definition)
    throw new Error(`"${id}" is no expert behind a url.`)
  return definition
}

/** Of every expert that can be asked, also of those that are not to be: what they said before may count. */
const keysOf = ({ questions, prompt, map }: RankPlan): Keys => {
  const prompts = questions.map(question => ({ question, prompt: prompt(question) }))
  return new Map(
    [...map.experts].flatMap(([id, definition]) =>
      isBuiltin(definition)
        ? []
        : [[id, new Map(prompts.map(asked => [asked.question, measurementKey(definition, asked.prompt)]))]],
    ),
  )
}

type Keys = ReadonlyMap<string, ReadonlyMap<RankQuestion, string>>

const knownOf = ({ experts, questions }: RankPlan, keys: Keys, replies: ReadonlyMap<string, Reply>) =>
  new Map(
    [...keys]
      .filter(([id]) => !experts.includes(id))
      .map(([id, keyOf]) => [id, verdictsOf(questions, keyOf, replies)] as const)
      .filter(([, verdicts]) => verdicts.size > 0),
  )

/**
 * In an order of its own, the same for all experts: a measurement that ends early has then asked of every task, and
 * asked everybody the same.
 */
const partsOf = (
  { experts, questions, map }: RankPlan,
  keys: Keys,
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
