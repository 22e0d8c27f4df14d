import { createLive, type Live } from '../../knowledge/live.ts'
import type { Account } from '../events.ts'
import type { Serving } from '../serving.ts'
import { createDifferences, type DifferencesReport } from './differences.ts'
import { createShadow, type Seen } from './shadow.ts'
import { isAmong } from './side.ts'
import { createSide, type SideReport } from './sides.ts'

/** How a candidate is tried, and why. */
export type Terms = {
  readonly mode: 'shadow' | 'percent'
  /** Of conversations that it answers; 0 in the shadow. */
  readonly percent: number
  /** Whether its classifier is called for what it decides in the shadow. */
  readonly classifier: boolean
  readonly why: string | undefined
}

export type CandidateReport = DifferencesReport & {
  readonly version: string
  readonly name: string
  /** The version of what is served, which it is compared with. */
  readonly against: string
  readonly mode: Terms['mode']
  readonly percent: number
  readonly classifier: boolean
  readonly since: string
  readonly by: string
  readonly why: string | null
  readonly sides: { readonly served: SideReport; readonly candidate: SideReport }
}

/** A map that is tried beside the one that is served. */
export type Candidate = {
  /** The text of its map. */
  readonly source: string
  readonly live: Live<Serving>
  terms(): Terms
  adjust(terms: Terms): void
  /** Whether a conversation is its to answer. What is a conversation is found out only where that matters. */
  takes(client: string | undefined, conversation: () => string): boolean
  see(seen: Seen): void
  answered(account: Account): void
  /** Begins to count afresh: it, or what it is compared with, is not what it was. */
  restart(): void
  report(): CandidateReport
  /** Its last request may still run. */
  close(): Promise<void>
}

export type CandidateOptions = {
  readonly source: string
  readonly serving: Serving
  readonly terms: Terms
  /** The version of what is served. */
  readonly served: () => string
  readonly withQuestions: boolean
}

export const createCandidate = (options: CandidateOptions): Candidate => {
  const { source, serving, served, withQuestions } = options
  const since = new Date().toISOString()
  const live = createLive(serving)
  let { terms } = options
  let counts = countsAfresh()
  const shadow = createShadow({
    live,
    withQuestions,
    differences: () => counts.differences,
    classifier: () => terms.classifier,
  })
  return {
    source,
    live,
    terms: () => terms,
    adjust(next) {
      terms = next
    },
    takes: (client, conversation) =>
      terms.mode === 'percent' && isAmong(terms.percent, client ?? '', conversation()),
    see: shadow.see,
    answered(account) {
      const version = account.decision?.snapshot
      if (version === undefined || account.endpoint === 'embeddings') return
      if (version === live.current().snapshot.version) counts.candidate.add(account)
      else if (version === served()) counts.served.add(account)
    },
    restart() {
      counts = countsAfresh()
    },
    report() {
      const { version, map } = live.current().snapshot
      const { mode, percent, classifier, why = null } = terms
      const sides = { served: counts.served.report(), candidate: counts.candidate.report() }
      const how = { mode, percent, classifier, since, by: 'api', why }
      return { version, name: map.name, against: served(), ...how, sides, ...counts.differences.report() }
    },
    async close() {
      shadow.close()
      await live.close()
    },
  }
}

const countsAfresh = () => ({
  differences: createDifferences(),
  served: createSide(),
  candidate: createSide(),
})
