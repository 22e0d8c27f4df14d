import { useState } from 'preact/hooks'
import type { MapAnswer, MapHistory, MapVersion } from '../../api/types.ts'
import { DiffView } from '../../parts/diff-view.tsx'
import { count, dateOf } from '../../parts/figures.tsx'
import { Problem, Warning } from '../../parts/notice.tsx'
import { Outcome } from '../../parts/outcome.tsx'
import { Reason, type ReasonAsked } from '../../parts/reason.tsx'
import { useAct } from '../../parts/use-act.ts'
import { useLoad } from '../../parts/use-load.ts'
import { useSession } from '../../session.ts'

export const HistorySection = () => {
  const { gateway, served } = useSession()
  const { value, problem, reload } = useLoad<MapHistory>('/maps', {
    everyMs: 10_000,
    whenever: served.map?.version,
  })
  const [shown, setShown] = useState<string>()
  const [asked, setAsked] = useState<ReasonAsked>()
  const work = useAct()
  const rollBack = ({ version, at }: MapVersion) =>
    setAsked({
      title: 'Roll back',
      what: `Version ${version} of ${dateOf(at)} is served again from the next request on.`,
      button: 'Roll back',
      reason: true,
      confirmed: why =>
        void work.act(async () => {
          await gateway.json<MapAnswer>(`/maps/${encodeURIComponent(version)}/activate`, {
            method: 'POST',
            body: { why },
          })
          await served.reload()
          reload()
          return `Version ${version} is served again.`
        }),
    })
  return (
    <section class="panel">
      {problem === undefined ? null : <Problem>{problem}</Problem>}
      {value?.problem === undefined ? null : <Warning>{value.problem}</Warning>}
      <Outcome problem={work.problem} done={work.done} />
      <ol class="history">
        {value?.maps.map((version, index) => (
          <Version
            key={keyOf(version)}
            version={version}
            current={index === 0 && version.version === value.current}
            busy={work.busy}
            shown={shown === keyOf(version)}
            show={() => setShown(shown === keyOf(version) ? undefined : keyOf(version))}
            rollBack={() => rollBack(version)}
          />
        ))}
      </ol>
      <Reason asked={asked} close={() => setAsked(undefined)} />
    </section>
  )
}

/** The same map may have been served more than once. */
const keyOf = ({ version, at }: MapVersion) => `${version} ${at}`

type VersionProps = {
  version: MapVersion
  current: boolean
  busy: boolean
  shown: boolean
  show: () => void
  rollBack: () => void
}

const Version = ({ version, current, busy, shown, show, rollBack }: VersionProps) => (
  <li>
    <div class="version">
      <span>{dateOf(version.at)}</span>
      <code>{version.version}</code>
      <span class="quiet">by {version.by}</span>
      <span class="why">{version.why}</span>
      <span class="quiet">
        {`${count(version.tasks)} tasks, ${count(version.experts)} experts, ${count(version.examples)} examples`}
      </span>
      {current ? (
        <strong>is served</strong>
      ) : (
        <span class="buttons">
          <button type="button" aria-expanded={shown} onClick={show}>
            {shown ? 'Hide' : 'Compare'}
          </button>
          <button type="button" disabled={busy} onClick={rollBack}>
            Roll back…
          </button>
        </span>
      )}
    </div>
    {shown ? <Compared version={version.version} /> : null}
  </li>
)

const Compared = ({ version }: { version: string }) => {
  const { map } = useSession().served
  const { value, problem } = useLoad<{ source: string }>(`/maps/${encodeURIComponent(version)}`)
  if (problem !== undefined) return <Problem>{problem}</Problem>
  if (value === undefined || map === undefined) return <p class="quiet">Loading…</p>
  return (
    <>
      <p class="quiet">What rolling back would change in what is served:</p>
      <DiffView before={map.source} after={value.source} />
    </>
  )
}
