import { parentPort, workerData } from 'node:worker_threads'
import { loadEncoder } from './encoder.ts'
import { giveWay } from './priority.ts'

/** A helping thread while many texts are new: batches in, vectors out. */
if (parentPort !== null) {
  giveWay()
  const port = parentPort
  const encoder = await loadEncoder((workerData as { modelsPath: string }).modelsPath)
  port.on('message', async (texts: readonly string[]) => {
    const vectors: Float32Array[] = []
    for (const text of texts) vectors.push(await encoder.encode(text))
    port.postMessage(vectors)
  })
}
