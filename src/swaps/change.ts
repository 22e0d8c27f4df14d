import { readFile } from 'node:fs/promises'
import { GatewayError } from '../errors.ts'
import type { Snapshot } from '../knowledge/snapshot.ts'

/** One file of the user's, changed from outside: by the admin API, say. */
export type Change = {
  /** Absolute. */
  readonly file: string
  /** What shall stand there, of what does. May refuse by throwing. */
  edit(current: Snapshot, stands: Buffer): string
  /** The version that it was made from; if another one is served by then, it is refused. */
  readonly expected?: string | undefined
}

/** What the file shall hold, if the change is one of what is served. */
export const textAfter = async ({ file, edit, expected }: Change, current: Snapshot) => {
  if (expected !== undefined && expected !== current.version) throw versionChanged(current.version)
  return edit(current, await readFile(file).catch(() => Buffer.alloc(0)))
}

const versionChanged = (version: string) =>
  new GatewayError('version_changed', `Another version is served by now: ${version}. Read it, and try again.`)
