import { createLimits, type Limits } from '../http/access/limits.ts'
import type { Line } from './line.ts'
import type { Admitted, OfPrimary } from './protocol.ts'

export type KeyLimits = Pick<Limits, 'admit' | 'keep'>

/** The keys' rates and places are counted once, in the primary: which process a connection reaches must not matter. */
export const hostLimits = (limits: Limits = createLimits()) => ({
  keep: (names: readonly string[]) => limits.keep(new Set(names)),
  /** What one process has taken; what it did not give back before it died is given back for it. */
  holder() {
    const releases = new Map<number, () => void>()
    let last = 0
    return {
      async admit(name: string, limit: Parameters<Limits['admit']>[1]): Promise<Admitted> {
        const admission = await limits.admit(name, limit)
        const { standing } = admission
        if (!admission.admitted) {
          return { exceeded: admission.exceeded, standing, retryAfterMs: admission.retryAfterMs }
        }
        releases.set(++last, admission.release)
        return { ticket: last, standing }
      },
      release(ticket: number) {
        releases.get(ticket)?.()
        releases.delete(ticket)
      },
      end() {
        for (const release of releases.values()) release()
        releases.clear()
      },
    }
  },
})

/** Should the primary not answer, everybody is let in: a limit that cannot be counted is no reason to refuse. */
export const limitsOver = (line: Line<OfPrimary>): KeyLimits => ({
  async admit(name, limit) {
    const answer = await line.call('admit', [name, limit]).catch(() => undefined)
    if (answer === undefined) return { admitted: true, standing: undefined, release: () => undefined }
    if ('exceeded' in answer) return { admitted: false, ...answer }
    let held = true
    const release = () => {
      if (held) void line.call('release', [answer.ticket]).catch(() => undefined)
      held = false
    }
    return { admitted: true, standing: answer.standing, release }
  },
  keep: names => void line.call('keep', [[...names]]).catch(() => undefined),
})
