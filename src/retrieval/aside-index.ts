import { parentPort, workerData } from 'node:worker_threads'
import { build, type ToBuild } from './graph.ts'
import { openKept } from './kept.ts'

/** A thread beside the preparing one: builds the graph and keeps it, to be read there. */
if (parentPort !== null) {
  const { vectors, folder, name } = workerData as ToBuild
  const kept = openKept(folder)
  await build((await import('hnswlib-node')).default, vectors, kept, name)
  parentPort.postMessage(kept.problem() === undefined)
}
