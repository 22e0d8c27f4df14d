import { constants, type PerformanceEntry, PerformanceObserver } from 'node:perf_hooks'
import { setFlagsFromString } from 'node:v8'

/** By how much the heap grows before V8 looks what is still used; by itself it lets a small one grow to several times its size. */
const GROWING_PERCENT = 30
/** And by how much where it would look too often: so many times within so long. */
const MORE_PERCENT = 100
const OFTEN = 6
const OFTEN_MS = 1_000
/** After so long it is tried again whether it would. */
const AGAIN_MS = 10_000

/** How this process and its workers collect garbage: that of changes and requests before it is as much as what is kept. */
export const tuneHeaps = () => {
  // Next to no young object is still used: to wake other threads for them took a twelfth of a request's processor time.
  setFlagsFromString('--no-parallel-scavenge')
  // Where it was streams that came first, V8 would believe of all requests that their objects live long, and keep them.
  setFlagsFromString('--no-allocation-site-pretenuring')
  const growth = createGrowth(percent => setFlagsFromString(`--heap-growing-percent=${percent}`))
  new PerformanceObserver(list => {
    for (const { startTime, detail } of list.getEntries() as Collection[]) {
      growth.collected(startTime, detail.kind === constants.NODE_PERFORMANCE_GC_MAJOR)
    }
  }).observe({ entryTypes: ['gc'] })
}

type Collection = PerformanceEntry & { readonly detail: { readonly kind: number } }

/**
 * Bytes of large requests count as growth, though they are gone at once: for conversations of 100 kB the whole heap was
 * looked through ten times a second, which took half of the processor time.
 */
export const createGrowth = (set: (percent: number) => void) => {
  let whole: number[] = []
  let moreSince: number | undefined
  set(GROWING_PERCENT)
  return {
    /** At some time, in ms; all of the heap or the young objects alone. */
    collected(at: number, isWhole: boolean) {
      if (moreSince !== undefined) {
        if (at - moreSince < AGAIN_MS) return
        moreSince = undefined
        set(GROWING_PERCENT)
      }
      if (!isWhole) return
      whole = [...whole.filter(time => at - time < OFTEN_MS), at]
      if (whole.length < OFTEN) return
      whole = []
      moreSince = at
      set(MORE_PERCENT)
    },
  }
}
