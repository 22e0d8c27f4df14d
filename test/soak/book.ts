/** What happened to one request, at the experts and at its client. */
export type Entry = {
  readonly id: string
  readonly kind: string
  /** Faults that experts showed it, in order. */
  readonly faults: string[]
  /** Answers that experts delivered to their last byte. */
  delivered: number
  /** Of these, how many the gateway may rightly have given up: near the deadline, or on a connection closed after them. */
  late: number
  outcome: 'open' | 'answered' | 'refused' | 'broken off' | 'left' | 'wrong'
}

export type Book = {
  open(kind: string): Entry
  entry(id: unknown): Entry | undefined
  faulted(entry: Entry | undefined, fault: string): void
  wrong(entry: Entry, because: string): void
  readonly entries: ReadonlyMap<string, Entry>
  readonly faults: ReadonlyMap<string, number>
  readonly complaints: readonly string[]
}

/** A line for every request, so that at the end each can be accounted for. */
export const createBook = (): Book => {
  const entries = new Map<string, Entry>()
  const faults = new Map<string, number>()
  const complaints: string[] = []
  return {
    entries,
    faults,
    complaints,
    open(kind) {
      const id = `q-${String(entries.size + 1).padStart(7, '0')}`
      const entry: Entry = { id, kind, faults: [], delivered: 0, late: 0, outcome: 'open' }
      entries.set(id, entry)
      return entry
    },
    entry: id => entries.get(String(id)),
    faulted(entry, fault) {
      entry?.faults.push(fault)
      faults.set(fault, (faults.get(fault) ?? 0) + 1)
    },
    wrong(entry, because) {
      entry.outcome = 'wrong'
      complaints.push(`${entry.id} (${entry.kind}; faults: ${entry.faults.join(', ') || 'none'}): ${because}`)
    },
  }
}
