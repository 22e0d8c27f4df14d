import { parentPort, workerData } from 'node:worker_threads'
import { type Forgetting, forget } from './judge.ts'

/** A thread beside the preparing one, which searches meanwhile. */
if (parentPort !== null) {
  const scores = forget(workerData as Forgetting)
  parentPort.postMessage(scores, [scores.buffer as ArrayBuffer])
}
