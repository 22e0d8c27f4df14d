import type { Candidate, Terms } from './candidate.ts'

/** How a candidate's trial ended. */
export type Ended = {
  readonly at: string
  readonly version: string
  readonly outcome: 'activated' | 'dropped' | 'replaced' | 'forgotten'
  readonly because: string
  readonly seen: number
  readonly moved: number
}

export type CandidateEvents = {
  candidateBegan(version: string, terms: Terms): void
  candidateEnded(ended: Ended): void
}

/** Where the one candidate stands, and what became of those before it. */
export type Place = {
  readonly standing: Candidate | undefined
  readonly past: readonly Ended[]
  take(candidate: Candidate): void
  /** It was made anew, perhaps from other files. */
  rewatch(): void
  end(candidate: Candidate, outcome: Ended['outcome'], because: string): Ended
}

export type PlaceDeps = {
  /** The files that a change of is a change of the candidate; none when it is gone. */
  readonly watch: (files: readonly string[]) => void
  readonly events: CandidateEvents
  /** What stood when the process before this one ended. */
  readonly forgotten: Ended | undefined
}

const PAST = 20

export const createPlace = ({ watch, events, forgotten }: PlaceDeps): Place => {
  let standing: Candidate | undefined
  const past: Ended[] = forgotten === undefined ? [] : [forgotten]

  const end: Place['end'] = (candidate, outcome, because) => {
    const { version, seen, moved } = candidate.report()
    const ended: Ended = { at: new Date().toISOString(), version, outcome, because, seen, moved }
    past.unshift(ended)
    past.length = Math.min(past.length, PAST)
    if (standing === candidate) {
      standing = undefined
      watch([])
    }
    events.candidateEnded(ended)
    void candidate.close()
    return ended
  }
  return {
    get standing() {
      return standing
    },
    past,
    take(candidate) {
      const before = standing
      const { version, files } = candidate.live.current().snapshot
      standing = candidate
      if (before !== undefined) end(before, 'replaced', `by ${version}`)
      watch(files)
      events.candidateBegan(version, candidate.terms())
    },
    rewatch: () => watch(standing?.live.current().snapshot.files ?? []),
    end,
  }
}
