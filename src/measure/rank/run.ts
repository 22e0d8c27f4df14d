import { type Crew, createRegistry } from '../../experts/registry.ts'
import { createAskExpert, tokensIn } from './ask-expert.ts'
import type { Draw } from './draw.ts'
import { drawFor } from './draw-for.ts'
import { type ExpertRun, expertRunOf, type Part } from './expert-run.ts'
import { type Journal, journalFolder, openJournal, readJournal } from './journal.ts'
import { keysOf, knownOf, partsOf, payForKnown } from './known.ts'
import { createLane, type Lane } from './lane.ts'
import type { Job, LaneDeps, LaneEnd, Stops } from './lane-state.ts'
import type { Reply } from './measurement.ts'
import { createPace } from './pace.ts'
import { costOf, createPurse, type Price, type Purse } from './purse.ts'
import type { RankQuestion } from './questions.ts'
import type { RankPlan } from './rank-plan.ts'
import { type RankProgress, watcher } from './watch.ts'

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
  const draw: { current: Draw | undefined } = { current: undefined }
  const shared: Shared = {
    ...{ plan, purse, journal, replies, watch },
    wakeAll() {
      for (const lane of lanes.values()) lane.wake()
    },
    onSettled: job => draw.current?.settled(job),
  }
  const lanes = new Map(
    parts.map(part => [
      part.id,
      createLane(plan.budget === undefined ? part.jobs : 'to come', laneDeps(part, crew, shared), stops),
    ]),
  )
  draw.current = drawFor(parts, lanes, shared)
  try {
    watch()
    draw.current?.begin()
    const ends = await allEnds(lanes, expert => draw.current?.lost(expert))
    return {
      experts: new Map(
        parts.map(part => [part.id, expertRunOf(part, plan.questions, replies, ends.get(part.id))]),
      ),
      known: knownOf(plan, keys, replies),
    }
  } finally {
    crew.release()
    await journal.close()
  }
}

/** All of them to their end, also when one fails: what they are told meanwhile is paid for. */
const allEnds = async (
  lanes: ReadonlyMap<string, Lane>,
  onLost: (expert: string) => void,
): Promise<ReadonlyMap<string, LaneEnd>> => {
  const ends = await Promise.allSettled(
    [...lanes].map(async ([id, lane]): Promise<[string, LaneEnd]> => {
      try {
        return [id, await lane.run()]
      } finally {
        onLost(id)
      }
    }),
  )
  const failed = ends.find(end => end.status === 'rejected')
  if (failed !== undefined) throw failed.reason
  return new Map(ends.flatMap(end => (end.status === 'fulfilled' ? [end.value] : [])))
}

type Shared = {
  readonly plan: RankPlan
  readonly purse: Purse
  readonly journal: Journal
  /** Of this run and of earlier ones, by what was asked. */
  readonly replies: Map<string, Reply>
  watch(): void
  wakeAll(): void
  onSettled(job: Job): void
}

const laneDeps = (
  part: Part,
  crew: Crew,
  { plan, purse, journal, replies, watch, wakeAll, onSettled }: Shared,
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
    onSettled,
    now: Date.now,
    random: Math.random,
  }
}

const guess = ({ prompt, maxTokens }: RankPlan, question: RankQuestion, price: Price) => {
  const { system, user } = prompt(question)
  return costOf({ input: tokensIn(system + user), output: Math.min(maxTokens, GUESSED_OUTPUT) }, price)
}
