import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import { compiled } from './thread.ts'

/** Long work of preparing that needs nothing but what it is given: each is done by the file of its name. */
export type Aside = {
  'aside-index': { given: import('./graph.ts').ToBuild; done: boolean }
  'aside-head': { given: import('./kept-head.ts').ToFit; done: import('./head.ts').Head }
  'aside-judge': { given: import('./judge.ts').Forgetting; done: Float32Array }
}

/** So few rows are done before a thread has started. */
const WORTH_A_THREAD = 2_000

export const worthAThread = (rows: number) => rows >= WORTH_A_THREAD && availableParallelism() > 1

/** Does long work in a thread beside this one, on another core. */
export const aside = <Name extends keyof Aside>(name: Name, given: Aside[Name]['given']) =>
  new Promise<Aside[Name]['done']>((resolve, reject) => {
    const worker = new Worker(compiled(name), { workerData: given })
    worker.once('message', resolve)
    worker.once('error', reject)
    worker.once('exit', code => reject(new Error(`the thread ${name} ended with code ${code}`)))
  })
