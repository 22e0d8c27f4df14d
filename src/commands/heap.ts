import { setFlagsFromString } from 'node:v8'

/** By how much the heap grows before V8 looks what is still used; by itself it lets a small one grow to several times its size. */
const GROWING_PERCENT = 30

/**
 * How this process and its workers collect garbage: that of changes and requests before it is as much as what is kept;
 * and young objects, of which next to none are still used, by one thread. To wake others for it took a twelfth of a
 * request's processor time.
 */
export const tuneHeaps = () => {
  setFlagsFromString(`--heap-growing-percent=${GROWING_PERCENT}`)
  setFlagsFromString('--no-parallel-scavenge')
}
