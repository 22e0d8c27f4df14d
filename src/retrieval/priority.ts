import { readlinkSync } from 'node:fs'
import { setPriority } from 'node:os'

/** A third of the weight: where cores are few, what is relayed goes before what is encoded, and neither starves. */
const NICE = 5

/** Gives way to the thread that relays requests, where the system tells threads apart. */
export const giveWay = () => {
  try {
    const thread = /\d+$/.exec(readlinkSync('/proc/thread-self'))?.[0]
    if (thread !== undefined) setPriority(Number(thread), NICE)
  } catch {
    // Not Linux, or not allowed: all threads are alike then.
  }
}
