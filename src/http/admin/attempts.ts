export type Attempts = {
  /** How long this address has to wait before it may try again. */
  waitMs(address: string): number
  failed(address: string): void
}

export type AttemptsOptions = {
  /** Wrong keys in a window before an address has to wait for the window's end. */
  max?: number
  windowMs?: number
  /** Addresses that are kept in mind; beyond, the first is forgotten. */
  addresses?: number
  now?: () => number
}

type Window = { readonly until: number; count: number }

/** Counts wrong keys by address, in bounded memory. */
export const createAttempts = ({
  max = 10,
  windowMs = 60_000,
  addresses = 1_000,
  now = () => performance.now(),
}: AttemptsOptions = {}): Attempts => {
  const windows = new Map<string, Window>()
  const windowOf = (address: string): Window | undefined => {
    const window = windows.get(address)
    if (window === undefined || window.until > now()) return window
    windows.delete(address)
    return undefined
  }
  const begin = (address: string): Window => {
    const [first] = windows.keys()
    if (first !== undefined && windows.size >= addresses) windows.delete(first)
    const window = { until: now() + windowMs, count: 0 }
    windows.set(address, window)
    return window
  }
  return {
    waitMs(address) {
      const window = windowOf(address)
      return window === undefined || window.count < max ? 0 : window.until - now()
    },
    failed(address) {
      const window = windowOf(address) ?? begin(address)
      window.count++
    },
  }
}
