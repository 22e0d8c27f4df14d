import type { Crew } from '../experts/registry.ts'
import type { Snapshot } from '../knowledge/snapshot.ts'

/** What a request is served from: a snapshot and the experts that its map names, replaced together. */
export type Serving = { readonly snapshot: Snapshot; readonly crew: Crew; release(): void }

export type SwapEvents = {
  swapped(serving: Serving): void
  swapFailed(error: unknown): void
  workerDied(error: Error): void
}
