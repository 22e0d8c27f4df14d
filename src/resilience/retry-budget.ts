export type RetryBudget = {
  /** A call was made, whatever becomes of it. */
  called(): void
  /** Takes one retry from the budget; false when there is none to take. */
  take(): boolean
}

export type RetryBudgetOptions = {
  /** Retries as a share of the calls of the window. */
  share?: number
  /** So many in a window are granted however few calls there were: a share of little is nothing. */
  allowance?: number
  windowMs?: number
  now?: () => number
}

const SLOTS = 10

type Slot = { number: number; calls: number; retries: number }

/**
 * Retries help against a hiccup and make an overload worse. Over a sliding window they are never more than a share
 * of the calls, so that an expert that fails everything is asked a fifth more at most, not twice as much.
 */
export const createRetryBudget = ({
  share = 0.2,
  allowance = 3,
  windowMs = 10_000,
  now = () => performance.now(),
}: RetryBudgetOptions = {}): RetryBudget => {
  const slots = Array.from({ length: SLOTS }, (): Slot => ({ number: -SLOTS, calls: 0, retries: 0 }))
  const slotMs = windowMs / SLOTS

  /** Slots are used in turn; one from an earlier turn is emptied first. */
  const slotAt = (number: number): Slot => {
    const slot = slots[number % SLOTS] as Slot
    if (slot.number !== number) Object.assign(slot, { number, calls: 0, retries: 0 })
    return slot
  }
  return {
    called() {
      slotAt(Math.floor(now() / slotMs)).calls++
    },
    take() {
      const number = Math.floor(now() / slotMs)
      let calls = 0
      let retries = 0
      for (const slot of slots) {
        if (number - slot.number >= SLOTS) continue
        calls += slot.calls
        retries += slot.retries
      }
      if (retries + 1 > Math.max(allowance, calls * share)) return false
      slotAt(number).retries++
      return true
    },
  }
}
