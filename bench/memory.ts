import { setTimeout as sleep } from 'node:timers/promises'
import { cold, remembered } from './bodies.ts'
import { startExpert } from './expert.ts'
import { loadWith } from './load.ts'
import { residentMb } from './process.ts'
import { gateway } from './subjects.ts'

export type MemoryFigures = { readonly idleMb: number; readonly loadedMb: number; readonly minutes: number }

const IDLE_MS = 10_000

/** Resident memory before any request, and after so many minutes of remembered and new questions at once. */
export const measureMemory = async (minutes: number): Promise<MemoryFigures> => {
  const expert = await startExpert(false)
  const subject = await gateway().make(expert.url)
  const mb = () => residentMb(subject.pid) ?? Number.NaN
  try {
    await sleep(IDLE_MS)
    const idleMb = mb()
    const seconds = minutes * 60
    await Promise.all([
      loadWith(subject, { body: remembered, connections: 32, seconds }),
      loadWith(subject, { body: cold, connections: 8, seconds }),
    ])
    return { idleMb, loadedMb: mb(), minutes }
  } finally {
    await subject.stop()
    await expert.stop()
  }
}
