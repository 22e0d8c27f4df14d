import { Worker } from 'node:worker_threads'
import { unpack } from './packed.ts'
import type { About, Asked, Message, Nearest, Preparation, Request } from './protocol.ts'

/** A worker that is ready. It answers one question after the other. */
export type Thread = {
  readonly about: About
  ask(asked: Asked): Promise<Nearest | Float32Array>
  /** Resolves when the worker ends for whatever reason. */
  readonly died: Promise<Error>
  isDead(): boolean
  /** Dead at once, for its caller; the worker itself may take a moment. */
  end(because?: Error): void
}

/** Sources run from a test runner: a worker needs the compiled file, which the runner makes first. */
export const compiled = (name: string): URL =>
  new URL(
    import.meta.url.endsWith('.ts') ? `../../dist/retrieval/${name}.js` : `./${name}.js`,
    import.meta.url,
  )

/** Short-lived objects have 48 MB otherwise, which a worker fills before it looks what is still used: 25 MB more each. */
const LIMITS = { maxYoungGenerationSizeMb: 8 }

type Pending = { resolve(value: Nearest | Float32Array): void; reject(error: Error): void }

export const startThread = async (
  preparation: Preparation,
  onProgress?: (done: number, total: number) => void,
): Promise<Thread> => {
  const worker = new Worker(compiled('worker'), { workerData: preparation, resourceLimits: LIMITS })
  const pending = new Map<number, Pending>()
  let dead: Error | undefined
  let sequence = 0

  let announce: (error: Error) => void
  const died = new Promise<Error>(resolve => {
    announce = resolve
  })
  const die = (error: Error) => {
    dead ??= error
    for (const { reject } of pending.values()) reject(dead)
    pending.clear()
    announce(dead)
  }
  worker.on('error', error => die(error instanceof Error ? error : new Error(String(error))))
  worker.once('exit', code => die(new Error(`the worker ended with code ${code}`)))
  const settle = (id: number, how: (waiting: Pending) => void) => {
    const waiting = pending.get(id)
    pending.delete(id)
    if (waiting !== undefined) how(waiting)
  }
  const about = await new Promise<About>((resolve, reject) => {
    died.then(reject)
    worker.on('message', (message: Message) => {
      switch (message.kind) {
        case 'progress':
          return onProgress?.(message.done, message.total)
        case 'ready':
          return resolve(message.about)
        case 'failed':
          reject(new Error(message.message))
          return void worker.terminate()
        case 'nearest':
          return settle(message.id, waiting => waiting.resolve(unpack(message.packed, about.tasks)))
        case 'embedded':
          return settle(message.id, waiting => waiting.resolve(message.vector))
        case 'refused':
          return settle(message.id, waiting => waiting.reject(new Error(message.message)))
      }
    })
  })
  return {
    about,
    died,
    ask: asked =>
      new Promise((resolve, reject) => {
        if (dead !== undefined) return reject(dead)
        const id = sequence++
        pending.set(id, { resolve, reject })
        worker.postMessage({ id, ...asked } satisfies Request)
      }),
    isDead: () => dead !== undefined,
    end(because = new Error('the worker was ended')) {
      die(because)
      void worker.terminate()
    },
  }
}
