import type { Crew } from '../experts/registry.ts'
import type { Cause } from '../knowledge/history.ts'
import type { Snapshot } from '../knowledge/snapshot.ts'

/** What a request is served from: a snapshot and the experts that its map names, replaced together. */
export type Serving = { readonly snapshot: Snapshot; readonly crew: Crew; release(): void }

export type SwapEvents = {
  swapped(serving: Serving, cause: Cause): void
  /** `inFiles`: the files are not what is served. Otherwise a request for a change was refused. */
  swapFailed(error: unknown, inFiles: boolean): void
  /** The files are again what is served, because they were put back. */
  agreed(): void
  workerDied(error: Error): void
}
