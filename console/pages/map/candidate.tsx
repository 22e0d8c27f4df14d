import { useState } from 'preact/hooks'
import type { Candidate } from '../../api/types.ts'
import { count, dateOf, percent, Share } from '../../parts/figures.tsx'
import { Moves, placeOf } from '../../parts/moves.tsx'
import { Problem } from '../../parts/notice.tsx'
import { Outcome } from '../../parts/outcome.tsx'
import { Reason, type ReasonAsked } from '../../parts/reason.tsx'
import { useAct } from '../../parts/use-act.ts'
import { useLoad } from '../../parts/use-load.ts'
import { useSession } from '../../session.ts'
import { Sides } from './sides.tsx'

export const CandidateSection = () => {
  const { gateway, served, setDraft } = useSession()
  const { value, problem, loading, reload } = useLoad<Candidate | null>('/candidate', { everyMs: 2_000 })
  const work = useAct()
  const [asked, setAsked] = useState<ReasonAsked>()
  const send = (method: 'POST' | 'DELETE', path: string, body: object | undefined, told: string) =>
    void work.act(async () => {
      await gateway.open(`/candidate${path}`, { method, ...(body && { body }) })
      reload()
      await served.reload()
      return told
    })
  const activate = () =>
    setAsked({
      title: 'Activate the candidate',
      what: 'From the next request on it is the map that decides for everybody.',
      button: 'Activate',
      reason: true,
      confirmed: why => {
        setDraft(undefined)
        send('POST', '/activate', { why }, 'The candidate is what is served now.')
      },
    })
  const drop = () =>
    setAsked({
      title: 'Drop the candidate',
      what: 'The map that is served decides everything again. What was counted is forgotten.',
      button: 'Drop it',
      danger: true,
      reason: false,
      confirmed: () => send('DELETE', '', undefined, 'The candidate is gone.'),
    })
  return (
    <section class="panel">
      {problem === undefined ? null : <Problem>{problem}</Problem>}
      <Outcome problem={work.problem} done={work.done} />
      {value ? (
        <Running
          candidate={value}
          busy={work.busy}
          change={(mode, share) =>
            send('POST', '', share === undefined ? { mode } : { mode, percent: share }, toldOf(mode, share))
          }
          activate={activate}
          drop={drop}
        />
      ) : (
        <p class="quiet">
          {value === undefined && loading
            ? 'Loading…'
            : 'There is no candidate. Change the map under Edit and try it in the shadow: it decides beside the map that is served, and what differs is counted here.'}
        </p>
      )}
      <Reason asked={asked} close={() => setAsked(undefined)} />
    </section>
  )
}

const toldOf = (mode: Candidate['mode'], share: number | undefined) =>
  mode === 'shadow' ? 'It decides in the shadow only.' : `It decides ${share} % of the conversations.`

type RunningProps = {
  candidate: Candidate
  busy: boolean
  change: (mode: Candidate['mode'], share?: number) => void
  activate: () => void
  drop: () => void
}

const Running = ({ candidate, busy, change, activate, drop }: RunningProps) => {
  const { mode, byMove, examples } = candidate
  return (
    <>
      <div class="row">
        <h2>
          {mode === 'shadow' ? 'In the shadow' : `${candidate.percent} % of the conversations`}{' '}
          <code>{candidate.version}</code>
        </h2>
        <span class="buttons">
          <button type="button" class="danger" disabled={busy} onClick={drop}>
            Drop…
          </button>
          <button type="button" class="primary" disabled={busy} onClick={activate}>
            Activate…
          </button>
        </span>
      </div>
      <Facts candidate={candidate} />
      {candidate.sides === undefined ? null : <Sides sides={candidate.sides} />}
      <ShareForm candidate={candidate} busy={busy} change={change} />
      {byMove.length === 0 ? null : <ByMove candidate={candidate} />}
      {examples.length === 0 ? null : (
        <>
          <h2>The last that differ</h2>
          <Moves moves={examples} />
        </>
      )}
    </>
  )
}

const Facts = ({ candidate }: { candidate: Candidate }) => {
  const { since, by, why, against, seen, same, moved, notSeen = 0, needClassifier = 0 } = candidate
  const share = seen === 0 ? 0 : moved / seen
  return (
    <dl class="facts">
      <dt>Since</dt>
      <dd>
        {dateOf(since)}
        {by === undefined ? '' : ` by ${by}`}
        {why ? `: ${why}` : ''}
      </dd>
      {against === undefined ? null : (
        <>
          <dt>Beside</dt>
          <dd>
            <code>{against}</code>
          </dd>
        </>
      )}
      <dt>Decided</dt>
      <dd>
        {`${count(seen)} questions: ${count(same)} the same, ${count(moved)} otherwise`}
        {needClassifier === 0 ? '' : `; ${count(needClassifier)} by the neighbours alone, on both sides`}
        {notSeen === 0 ? '' : `; ${count(notSeen)} not looked at, as there was too much to do`}
      </dd>
      <dt>Otherwise</dt>
      <dd>
        <Share of={share} label={`${percent(share)} otherwise`} />
      </dd>
    </dl>
  )
}

const ShareForm = ({ candidate, busy, change }: Pick<RunningProps, 'candidate' | 'busy' | 'change'>) => (
  <form
    key={candidate.percent}
    class="row"
    onSubmit={event => {
      event.preventDefault()
      change('percent', Number(new FormData(event.currentTarget).get('percent')))
    }}
  >
    <span class="field">
      <label for="percent">Percent of conversations</label>
      <input
        id="percent"
        name="percent"
        type="number"
        min={1}
        max={100}
        required
        defaultValue={candidate.percent || 10}
      />
    </span>
    <button type="submit" disabled={busy}>
      {candidate.mode === 'shadow' ? 'Let it decide these' : 'Change the share'}
    </button>
    {candidate.mode === 'shadow' ? null : (
      <button type="button" disabled={busy} onClick={() => change('shadow')}>
        Back to the shadow
      </button>
    )}
  </form>
)

const ByMove = ({ candidate: { byMove } }: { candidate: Candidate }) => (
  <div class="scroll">
    <table>
      <thead>
        <tr>
          <th scope="col">From</th>
          <th scope="col" class="most">
            To
          </th>
          <th scope="col" class="number">
            Questions
          </th>
        </tr>
      </thead>
      <tbody>
        {byMove.map(({ from, to, count: times }) => (
          <tr key={`${placeOf(from)}\0${placeOf(to)}`}>
            <td class="name-cell">{placeOf(from)}</td>
            <td class="most">{placeOf(to)}</td>
            <td class="number">{count(times)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  </div>
)
