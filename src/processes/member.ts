import cluster from 'node:cluster'
import { type KeyLimits, limitsOver } from './key-limits.ts'
import { createLine } from './line.ts'
import type { OfMember, OfPrimary, OfSibling, Said } from './protocol.ts'

/** The variable by which the primary tells a process how many they are. Set by nobody else. */
export const MEMBER_OF = 'COE_PROCESS_OF'

/** What one of several processes shares with the others. */
export type Siblings = {
  readonly wanted: number
  running(): number
  /** Does what only one process should do at a time: the next one finds it done. */
  alone<T>(work: () => Promise<T>): Promise<T>
  readonly limits: KeyLimits
  /** Everybody's, as one text. */
  metrics(): Promise<string>
  /** What all others say; who does not answer is left out. */
  ask<Name extends keyof OfSibling>(
    name: Name,
    ...given: Parameters<OfSibling[Name]>
  ): Promise<Awaited<ReturnType<OfSibling[Name]>>[]>
  /** Makes all others do it; rejects with what the first one says that cannot. */
  tell<Name extends keyof OfSibling>(name: Name, ...given: Parameters<OfSibling[Name]>): Promise<void>
  /** A number that no other process has now. */
  readonly number: number
  /** Tells the others that an expert is being drained, or works again. */
  drained(expert: string, on: boolean): void
  /** What the others may ask of this one. */
  offer(ours: OfSibling & Pick<OfMember, 'metrics' | 'drain'>): void
}

export type Member = Siblings & {
  ready(banner: readonly string[]): void
  onReload(listener: () => void): void
  /** Resolves when the primary wants this process to end. */
  readonly stopped: Promise<void>
  leave(): void
}

/** The primary waits for each of them as long as is due, and no longer. */
type Others = <Name extends keyof OfSibling>(
  name: Name,
  given: Parameters<OfSibling[Name]>,
) => Promise<Said<Awaited<ReturnType<OfSibling[Name]>>>[]>

/** This process as one of several. When the primary dies, Node ends it. */
export const joinSiblings = (wanted: number): Member => {
  let ours: Parameters<Siblings['offer']>[0] | undefined
  let running = 1
  let reload: () => void = () => undefined
  const { promise: stopped, resolve: stop } = promised()
  const offered: OfMember = {
    metrics: async () => (await ours?.metrics()) ?? [],
    drain: (expert, on) => ours?.drain(expert, on),
    asked(name, given) {
      if (ours === undefined) throw new Error('This process does not answer yet.')
      // One of them by its name, and what was given to it: a pair, which the compiler does not see.
      const asked = ours[name] as (...given: unknown[]) => unknown
      return asked(...given)
    },
    running: count => {
      running = count
    },
    reload: () => reload(),
    stop,
  }
  const line = createLine<OfPrimary>(
    {
      send: message => void process.send?.(message, () => undefined),
      listen: listener => process.on('message', listener),
    },
    offered,
  )
  const others: Others = (name, given) =>
    line.call('others', [name, given], Number.POSITIVE_INFINITY) as never
  return {
    wanted,
    number: cluster.worker?.id ?? 0,
    ask: async (name, ...given) =>
      (await others(name, given).catch(() => [])).flatMap(said => ('value' in said ? [said.value] : [])),
    async tell(name, ...given) {
      for (const said of await others(name, given)) if ('problem' in said) throw new Error(said.problem)
    },
    running: () => running,
    async alone(work) {
      await line.call('turn', [], Number.POSITIVE_INFINITY)
      try {
        return await work()
      } finally {
        void line.call('turnOver', []).catch(() => undefined)
      }
    },
    limits: limitsOver(line),
    metrics: () => line.call('metrics', []),
    drained: (expert, on) => void line.call('drained', [expert, on]).catch(() => undefined),
    offer: given => {
      ours = given
    },
    ready: banner => void line.call('ready', [banner]).catch(() => undefined),
    onReload: listener => {
      reload = listener
    },
    stopped,
    leave: () => cluster.worker?.disconnect(),
  }
}

const promised = () => {
  let resolve: () => void = () => undefined
  const promise = new Promise<void>(settle => {
    resolve = settle
  })
  return { promise, resolve }
}
