import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import type { Encoder } from './encoder.ts'
import { compiled } from './thread.ts'

type Batch = readonly (readonly [text: string, vector: Float32Array])[]

/** Texts encoded between two writes to disk: what an interruption costs at most. */
const BATCH = 64
/** A further thread takes half a second to load its model: worth it from so many texts on. */
const WORTH_A_THREAD = 400

/** Encodes texts that are new on all cores, and hands over each batch as soon as it is done. */
export const encodeMany = async (
  texts: readonly string[],
  encoder: Encoder,
  modelsPath: string,
  onBatch: (batch: Batch, done: number) => Promise<void>,
): Promise<void> => {
  let at = 0
  let done = 0
  const take = () => {
    const batch = texts.slice(at, at + BATCH)
    at += BATCH
    return batch
  }
  const hand = (batch: readonly string[], vectors: readonly Float32Array[]) => {
    done += batch.length
    return onBatch(
      batch.map((text, i) => [text, vectors[i] ?? new Float32Array(0)]),
      done,
    )
  }
  const here = async () => {
    for (let batch = take(); batch.length > 0; batch = take()) {
      const vectors: Float32Array[] = []
      for (const text of batch) vectors.push(await encoder.encode(text))
      await hand(batch, vectors)
    }
  }
  const there = async () => {
    const worker = new Worker(compiled('encode-worker'), { workerData: { modelsPath } })
    try {
      for (let batch = take(); batch.length > 0; batch = take())
        await hand(batch, await askWorker(worker, batch))
    } finally {
      await worker.terminate()
    }
  }
  const helpers = Math.min(availableParallelism() - 1, Math.floor(texts.length / WORTH_A_THREAD))
  await Promise.all([here(), ...Array.from({ length: helpers }, there)])
}

const askWorker = (worker: Worker, texts: readonly string[]) =>
  new Promise<Float32Array[]>((resolve, reject) => {
    worker.once('error', reject)
    worker.once('message', (vectors: Float32Array[]) => {
      worker.off('error', reject)
      resolve(vectors)
    })
    worker.postMessage(texts)
  })
