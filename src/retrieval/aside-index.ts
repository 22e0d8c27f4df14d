import { parentPort, workerData } from 'node:worker_threads'
import { build, type ToBuild } from './index.ts'
import { openKept } from './kept.ts'

/** A thread beside the preparing one: builds the graph and keeps it, to be read there. */
if (parentPort !== null) {
  const given = workerData as ToBuild
  const kept = openKept(given.folder)
  await build(given, kept)
  parentPort.postMessage(kept.problem() === undefined)
}
