import type { Worker } from 'node:cluster'
import { describe } from '../errors.ts'
import { createPrimaryMetrics, together } from '../observe/gather.ts'
import { hostLimits } from './key-limits.ts'
import type { OfPrimary, OfSibling, Said } from './protocol.ts'
import type { Enrolled, Roll } from './roll.ts'
import { createTurns } from './turns.ts'

/** What the primary keeps for all of them. */
export type Shared = {
  restarted(): void
  /** What it does for one of them, and how to forget that one. */
  servingOf(worker: Worker): { readonly offers: Omit<OfPrimary, 'ready'>; end(): void }
  /** Tells a process that has just begun what the others know. */
  begun(member: Enrolled): void
}

/** A process that is too busy to say its numbers is left out of a scrape rather than waited for. */
const SCRAPE_MS = 2_000

/** What may wait for examples to be encoded; anything else is at hand. */
const ASK_MS: { readonly [Name in keyof OfSibling]?: number } = { beginCandidate: 10 * 60_000 }
const SOON_MS = 3_000

export const createShared = (roll: Roll): Shared => {
  const turns = createTurns<Worker>()
  const limits = hostLimits()
  const metrics = createPrimaryMetrics()
  const drained = new Set<string>()

  const gather = async () => {
    const asked = roll.ready().map(({ line }) => line.call('metrics', [], SCRAPE_MS).catch(() => []))
    return await together([...(await Promise.all(asked)), await metrics.values()])
  }
  const drain = (by: Worker, expert: string, on: boolean) => {
    if (on) drained.add(expert)
    else drained.delete(expert)
    const others = roll.ready().filter(({ worker }) => worker !== by)
    roll.tell(others, 'drain', expert, on)
  }
  const askOthers = async (by: Worker, name: keyof OfSibling, given: never) => {
    const others = roll.ready().filter(({ worker }) => worker !== by)
    const said = ({ line }: Enrolled): Promise<Said<never>> =>
      line.call('asked', [name, given], ASK_MS[name] ?? SOON_MS).then(
        value => ({ value: value as never }),
        error => ({ problem: describe(error) }),
      )
    return await Promise.all(others.map(said))
  }
  return {
    restarted: metrics.restarted,
    servingOf(worker) {
      const holder = limits.holder()
      const offers = {
        metrics: gather,
        admit: holder.admit,
        release: holder.release,
        keep: limits.keep,
        others: (name: keyof OfSibling, given: never) => askOthers(worker, name, given),
        turn: () => turns.take(worker),
        turnOver: () => turns.leave(worker),
        drained: (expert: string, on: boolean) => drain(worker, expert, on),
      }
      const end = () => {
        holder.end()
        turns.leave(worker)
      }
      return { offers, end }
    },
    begun(member) {
      for (const expert of drained) roll.tell([member], 'drain', expert, true)
    },
  }
}
