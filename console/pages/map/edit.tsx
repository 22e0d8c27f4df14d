import { useState } from 'preact/hooks'
import type { MapAnswer, Move, ServedMap } from '../../api/types.ts'
import { DiffView } from '../../parts/diff-view.tsx'
import { Moves } from '../../parts/moves.tsx'
import { Problem, Warning } from '../../parts/notice.tsx'
import { Outcome } from '../../parts/outcome.tsx'
import { Reason, type ReasonAsked } from '../../parts/reason.tsx'
import { useAct } from '../../parts/use-act.ts'
import { type Draft, useSession } from '../../session.ts'
import { DryRunResult } from './dry-run.tsx'
import { Source } from './source.tsx'
import { type DryRun, useDryRun } from './use-dry-run.ts'

export const EditSection = () => {
  const { served, draft } = useSession()
  if (served.map === undefined) return <p class="quiet">Loading…</p>
  return <Editor map={served.map} draft={draft ?? { source: served.map.source, base: served.map.version }} />
}

const Editor = ({ map, draft }: { map: ServedMap; draft: Draft }) => {
  const { setDraft } = useSession()
  const changed = draft.source !== map.source
  const dryRun = useDryRun(changed ? draft.source : undefined, draft.base)
  const { asked, ask, close, busy, problem, done } = useChanges(draft)
  const ready = changed && !busy && dryRun.of === draft.source && dryRun.answer !== undefined
  return (
    <div class="edit">
      <section class="panel">
        {draft.base === map.version ? null : (
          <Warning>
            Another version ({map.version}) is served since you began with {draft.base}.{' '}
            <button type="button" onClick={() => setDraft({ ...draft, base: map.version })}>
              Build on it
            </button>{' '}
            <button type="button" onClick={() => setDraft(undefined)}>
              Drop my changes
            </button>
          </Warning>
        )}
        <Source
          value={draft.source}
          problems={changed ? dryRun.problems : []}
          change={source => setDraft(source === map.source ? undefined : { ...draft, source })}
        />
      </section>
      <section class="panel" aria-label="What would change">
        <div class="row">
          <h2>{stateOf(changed, dryRun)}</h2>
          <span class="buttons">
            <button type="button" disabled={!changed} onClick={() => setDraft(undefined)}>
              Undo all
            </button>
            <button type="button" disabled={!ready} onClick={() => ask('try')}>
              Try in the shadow
            </button>
            <button type="button" class="primary" disabled={!ready} onClick={() => ask('activate')}>
              Activate…
            </button>
          </span>
        </div>
        <Outcome problem={problem} done={done} />
        {dryRun.problem === undefined ? null : <Problem>{dryRun.problem}</Problem>}
        {changed && dryRun.answer !== undefined ? <DryRunResult answer={dryRun.answer} /> : null}
        {changed ? (
          <>
            <h2>Lines</h2>
            <DiffView before={map.source} after={draft.source} />
            <Moved moves={dryRun.answer?.decisions.examples ?? []} />
          </>
        ) : (
          <p class="quiet">
            Change something: it is tried at once, against the last decisions and the context, and nothing
            changes before you activate it.
          </p>
        )}
      </section>
      <Reason asked={asked} close={close} />
    </div>
  )
}

const Moved = ({ moves }: { moves: readonly Move[] }) =>
  moves.length === 0 ? null : (
    <>
      <h2>Of the last decisions, these would go elsewhere</h2>
      <Moves moves={moves} />
    </>
  )

/** What can be done with a draft, each asked about once more. */
const useChanges = ({ source, base }: Draft) => {
  const { gateway, served, setDraft } = useSession()
  const { busy, problem, done, act } = useAct()
  const [asked, setAsked] = useState<ReasonAsked>()

  const activate = (why: string) =>
    act(async () => {
      const asked = { method: 'PUT', body: { source, why }, ifMatch: base } as const
      const { version } = await gateway.json<MapAnswer>('/map', asked)
      await served.reload()
      setDraft(undefined)
      return `Version ${version} is served.`
    })
  const tryIt = (why: string) =>
    act(async () => {
      await gateway.json('/candidate', { method: 'PUT', body: { source, mode: 'shadow', why } })
      return 'It decides in the shadow of what is asked from now on. See Candidate.'
    })
  const questions = {
    activate: {
      title: 'Activate this map',
      what: 'From the next request on it is what decides. Requests that run finish on what they began with.',
      button: 'Activate',
      reason: true,
      confirmed: (why: string) => void activate(why),
    },
    try: {
      title: 'Try this map in the shadow',
      what: 'It decides beside the map that is served, and its experts are not called. What differs is listed.',
      button: 'Try it',
      reason: true,
      confirmed: (why: string) => void tryIt(why),
    },
  }
  return {
    asked,
    busy,
    problem,
    done,
    ask: (what: keyof typeof questions) => setAsked(questions[what]),
    close: () => setAsked(undefined),
  }
}

const stateOf = (changed: boolean, { busy, answer, problems, problem }: DryRun) => {
  if (!changed) return 'As it is served'
  if (busy) return 'Being tried…'
  if (problem !== undefined || problems.some(({ severity }) => severity === 'error'))
    return 'Cannot be served'
  return answer === undefined ? 'Changed' : 'Can be served'
}
