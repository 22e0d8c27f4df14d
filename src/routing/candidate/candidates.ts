import { describe, GatewayError } from '../../errors.ts'
import { createWatcher } from '../../knowledge/watch.ts'
import type { Account } from '../events.ts'
import type { Serving } from '../serving.ts'
import { type Candidate, type CandidateReport, createCandidate, type Terms } from './candidate.ts'
import { type CandidateEvents, createPlace, type Ended, type Place } from './place.ts'

export type CandidatesDeps = {
  /** From a map's text, read as though it stood in the map's file; nothing when it would be of the version known. */
  prepare(source: string, known: string | undefined): Promise<Serving | undefined>
  /** Puts that text in the map's file and what it says in place of what is served: both or neither. */
  serve(source: string, cause: Cause): Promise<Serving>
  readonly served: () => string
  /** Whether the files that a candidate was read from are watched. */
  readonly watches: boolean
  readonly events: CandidateEvents
  /** What stood when the process before this one ended. */
  readonly forgotten: Ended | undefined
  readonly withQuestions: boolean
}

/** Why, and whence it was asked for. */
export type Cause = { readonly why: string | undefined; readonly from: string | undefined }

/** The one map that may be tried beside what is served. */
export type Candidates = {
  /** All that a request looks at while there is none. */
  readonly standing: Candidate | undefined
  begin(source: string, terms: Terms): Promise<CandidateReport>
  adjust(change: (before: Terms) => Terms): CandidateReport
  activate(cause: Cause): Promise<Serving>
  drop(because: string): Promise<Ended>
  /** How the last ones ended, newest first. */
  ended(): readonly Ended[]
  /** What is served has changed. */
  swapped(): void
  answered(account: Account): void
  close(): Promise<void>
}

/** What an operator does with it, of however many processes. */
export type Trial = Pick<Candidates, 'begin' | 'activate' | 'drop' | 'ended'> & {
  report(): CandidateReport | undefined | Promise<CandidateReport | undefined>
  adjust(change: (before: Terms) => Terms): CandidateReport | Promise<CandidateReport>
}

export const createCandidates = (deps: CandidatesDeps): Candidates => {
  const inTurn = createQueue()
  const watcher = createWatcher({ onChange: () => void inTurn(refresh) })
  const watch = (files: readonly string[]) => deps.watches && watcher.watch(files)
  const place = createPlace({ ...deps, watch })
  const refresh = () => renew(deps, place)
  let activating: string | undefined

  const standing = (): Candidate => {
    if (place.standing !== undefined) return place.standing
    throw new GatewayError('not_found', 'There is no candidate. PUT /admin/candidate begins one.')
  }
  return {
    get standing() {
      return place.standing
    },
    begin: (source, terms) =>
      inTurn(async () => {
        const serving = await deps.prepare(source, deps.served())
        if (serving === undefined) {
          throw new GatewayError('invalid_request', 'The candidate says what is served already.')
        }
        const candidate = createCandidate({ ...deps, source, serving, terms })
        place.take(candidate)
        return candidate.report()
      }),
    adjust(change) {
      const candidate = standing()
      candidate.adjust(change(candidate.terms()))
      deps.events.candidateBegan(versionOf(candidate), candidate.terms())
      return candidate.report()
    },
    activate: ({ why, from }) =>
      inTurn(async () => {
        const candidate = standing()
        const tried = versionOf(candidate)
        await refresh()
        if (place.standing !== candidate || versionOf(candidate) !== tried) throw notAsTried()
        activating = why ?? 'by request'
        try {
          return await deps.serve(candidate.source, { why: why ?? candidate.terms().why, from })
        } finally {
          activating = undefined
        }
      }),
    drop: because => inTurn(async () => place.end(standing(), 'dropped', because)),
    ended: () => place.past,
    swapped() {
      const candidate = place.standing
      if (candidate === undefined) return
      if (versionOf(candidate) === deps.served()) {
        place.end(candidate, 'activated', activating ?? 'the map file says the same')
      } else candidate.restart()
    },
    answered: account => place.standing?.answered(account),
    async close() {
      watcher.close()
      await inTurn(async () => {
        if (place.standing !== undefined) place.end(place.standing, 'forgotten', 'the gateway ends')
      })
    },
  }
}

const notAsTried = () =>
  new GatewayError(
    'version_changed',
    'What the candidate was read from has changed meanwhile: look at it again before it is served.',
  )

/** One change at a time: what is still being prepared cannot be activated, nor be overtaken by another one. */
const createQueue = () => {
  let last: Promise<unknown> = Promise.resolve()
  return <T>(work: () => Promise<T>): Promise<T> => {
    const next = last.then(work)
    last = next.catch(() => undefined)
    return next
  }
}

const versionOf = (candidate: Candidate) => candidate.live.current().snapshot.version

/** What it was read from has changed: it is made anew and counted afresh, or it is no candidate any more. */
const renew = async ({ prepare, events }: CandidatesDeps, place: Place): Promise<void> => {
  const candidate = place.standing
  if (candidate === undefined) return
  try {
    const { value, replaced } = await candidate.live.replace(({ snapshot }) =>
      prepare(candidate.source, snapshot.version),
    )
    if (place.standing !== candidate) return
    if (!replaced) return
    place.rewatch()
    candidate.restart()
    events.candidateBegan(value.snapshot.version, candidate.terms())
  } catch (error) {
    const because = `what it was read from has changed and cannot be used: ${describe(error)}`
    if (place.standing === candidate) place.end(candidate, 'dropped', because)
  }
}
