import { setTimeout as sleep } from 'node:timers/promises'
import type { Experts } from './experts.ts'
import { type createFiles, mapOf } from './files.ts'

export type Swaps = {
  readonly counts: { map: number; context: number; broken: number }
  /** Stops, and leaves a good map behind; its name. */
  stop(): Promise<string>
}

/** Edits the files every second or so: mostly the map, now and then the context, sometimes into nonsense. */
export const startSwaps = (files: ReturnType<typeof createFiles>, experts: Experts, from: number): Swaps => {
  const counts = { map: 0, context: 0, broken: 0 }
  const stopping = new AbortController()
  let round = from
  const edit = () => {
    round++
    if (round % 13 === 0) {
      counts.broken++
      files.writeMap(`{ "name": "soak-${round}", "tasks": `)
    } else if (round % 5 === 0) {
      counts.context++
      files.writeContext(round)
    } else {
      counts.map++
      files.writeMap(mapOf(experts, round))
    }
  }
  const running = (async () => {
    while (!stopping.signal.aborted) {
      await sleep(700 + Math.random() * 600, undefined, { signal: stopping.signal }).catch(() => undefined)
      if (!stopping.signal.aborted) edit()
    }
  })()
  return {
    counts,
    async stop() {
      stopping.abort()
      await running
      const last = mapOf(experts, round, `soak-last-${round}`)
      files.writeMap(last)
      return last.name
    },
  }
}
