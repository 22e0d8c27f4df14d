import { parentPort, workerData } from 'node:worker_threads'
import { fitHere, type ToFit } from './kept-head.ts'

/** A thread beside the preparing one, which fits another head meanwhile. */
if (parentPort !== null) {
  const head = fitHere(workerData as ToFit)
  parentPort.postMessage(head, [head.weights.buffer as ArrayBuffer, head.pull.buffer as ArrayBuffer])
}
