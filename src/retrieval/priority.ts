import { readlinkSync } from 'node:fs'
import { setPriority } from 'node:os'

/** As far below the rest as a batch job: where cores are few, a question that is remembered never waits for a new one. */
const NICE = 10

/** Gives way to the thread that relays requests, where the system tells threads apart. */
export const giveWay = () => {
  try {
    const thread = /\d+$/.exec(readlinkSync('/proc/thread-self'))?.[0]
    if (thread !== undefined) setPriority(Number(thread), NICE)
  } catch {
    // Not Linux, or not allowed: all threads are alike then.
  }
}
