import { GatewayError } from '../errors.ts'
import type { Live } from '../knowledge/live.ts'
import type { Snapshot } from '../knowledge/snapshot.ts'
import type { Given, Sources } from '../knowledge/sources.ts'
import type { Serving } from '../routing/serving.ts'
import { type Change, textAfter } from './change.ts'

export type PreviewsDeps = {
  readonly live: Live<Serving>
  read(given?: Given): Promise<Sources>
  /** A snapshot without experts, to be looked at and let go. */
  snapshot(sources: Sources): Promise<{ readonly snapshot: Snapshot; release(): void }>
}

export type Preview = <R>(
  change: Change,
  judge: (next: Snapshot, current: Snapshot) => Promise<R>,
) => Promise<R>

/** They hold memory as what is served does: one at a time, and few in wait. */
const MOST = 8

export const createPreviews = ({ live, read, snapshot }: PreviewsDeps): Preview => {
  let waiting = 0
  let last: Promise<unknown> = Promise.resolve()

  const look: Preview = (change, judge) =>
    live.use(async ({ snapshot: current }) => {
      const text = await textAfter(change, current)
      const sources = await read(new Map([[change.file, text]]))
      const { snapshot: next, release } = await snapshot(sources)
      try {
        return await judge(next, current)
      } finally {
        release()
      }
    })
  return async (change, judge) => {
    if (waiting >= MOST) throw tooMany()
    waiting++
    const mine = last.then(() => look(change, judge)).finally(() => waiting--)
    last = mine.catch(() => undefined)
    return await mine
  }
}

const tooMany = () =>
  new GatewayError('overloaded', 'Too many dry runs wait already; try again in a moment.', {
    retryAfterMs: 1_000,
  })
