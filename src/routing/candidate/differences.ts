/** Where a question goes: its task, and the expert that is asked first. */
export type Way = { readonly task: string; readonly expert: string }

/** One question as both maps decide it. */
export type Compared = {
  readonly at: number
  readonly requestId: string
  readonly from: Way
  readonly to: Way
  /** The candidate would have asked its classifier, which was not called: both sides are what neighbours say. */
  readonly needsClassifier: boolean
  readonly about: About
}

/** A question as far as it may be kept. */
export type About =
  | { readonly question: string }
  | { readonly questionHash: string; readonly questionChars: number }

export type Move = { readonly from: Way; readonly to: Way; readonly count: number }

export type DifferencesReport = {
  readonly seen: number
  readonly same: number
  readonly moved: number
  readonly notSeen: number
  readonly needClassifier: number
  readonly byMove: readonly Move[]
  /** Differences of more kinds than are told apart. */
  readonly otherMoves: number
  readonly examples: readonly (Omit<Compared, 'at' | 'about'> & { readonly at: string })[]
}

export type Differences = {
  add(compared: Compared): void
  /** A question that was not looked at: too much else to do, or its neighbours were not found. */
  missed(): void
  report(): DifferencesReport
}

const EXAMPLES = 50
const MOVES = 500

/** Counts what would go elsewhere, and keeps the last of it, in bounded memory. */
export const createDifferences = (): Differences => {
  const moves = new Map<string, { from: Way; to: Way; count: number }>()
  const examples: Compared[] = []
  const count = { seen: 0, moved: 0, notSeen: 0, needClassifier: 0, otherMoves: 0 }

  const moved = ({ from, to }: Compared) => {
    const key = JSON.stringify([from, to])
    const known = moves.get(key)
    if (known !== undefined) known.count++
    else if (moves.size < MOVES) moves.set(key, { from, to, count: 1 })
    else count.otherMoves++
  }
  return {
    add(compared) {
      const { from, to } = compared
      count.seen++
      if (compared.needsClassifier) count.needClassifier++
      if (from.task === to.task && from.expert === to.expert) return
      count.moved++
      moved(compared)
      examples.push(compared)
      if (examples.length > EXAMPLES) examples.shift()
    },
    missed() {
      count.notSeen++
    },
    report: () => ({
      ...count,
      same: count.seen - count.moved,
      byMove: [...moves.values()].sort((a, b) => b.count - a.count),
      examples: examples.toReversed().map(shown),
    }),
  }
}

const shown = ({ at, about, ...rest }: Compared) => ({ at: new Date(at).toISOString(), ...rest, ...about })
