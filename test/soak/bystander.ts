import { once } from 'node:events'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { isMainThread, parentPort, Worker } from 'node:worker_threads'

const LOOK_MS = 10

/** How late a thread is that has nothing to do: what the machine, and whoever else uses it, takes of everybody. */
export const startBystander = () => {
  const worker = new Worker(new URL(import.meta.url))
  return {
    /** At p99 since it began, in milliseconds. Ends it. */
    async lateMs(): Promise<number> {
      worker.postMessage('tell')
      const [ms] = (await once(worker, 'message')) as [number]
      await worker.terminate()
      return ms
    },
  }
}

if (!isMainThread && parentPort !== null) {
  const port = parentPort
  const loop = monitorEventLoopDelay({ resolution: LOOK_MS })
  loop.enable()
  port.once('message', () => port.postMessage(Math.max(0, loop.percentile(99) / 1e6 - LOOK_MS)))
}
