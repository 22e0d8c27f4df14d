import { useState } from 'preact/hooks'
import type { ExpertState } from '../../api/types.ts'
import { count, milliseconds, percent } from '../../parts/figures.tsx'
import { Problem } from '../../parts/notice.tsx'
import { Outcome } from '../../parts/outcome.tsx'
import { Reason, type ReasonAsked } from '../../parts/reason.tsx'
import { useAct } from '../../parts/use-act.ts'
import { useLoad } from '../../parts/use-load.ts'
import { useSession } from '../../session.ts'
import { Chart } from './chart.tsx'

type ExpertList = { readonly experts: readonly ExpertState[] }

export const ExpertsPage = () => {
  const { gateway } = useSession()
  const { value, problem, reload } = useLoad<ExpertList>('/experts', { everyMs: 2_000 })
  const work = useAct()
  const [asked, setAsked] = useState<ReasonAsked>()
  const [open, setOpen] = useState<string>()
  const setDraining = (id: string, draining: boolean) =>
    void work.act(async () => {
      const body = { draining }
      await gateway.json(`/experts/${encodeURIComponent(id)}/drain`, { method: 'POST', body })
      reload()
      return draining ? `${id} takes nothing new; what runs is finished.` : `${id} works again.`
    })
  const drain = ({ id, draining, inFlight }: ExpertState) => {
    if (draining) return setDraining(id, false)
    setAsked({
      title: `Drain ${id}`,
      what: `It takes nothing new until you let it work again; others answer in its place. ${inFlight} run now and are finished.`,
      button: 'Drain',
      danger: true,
      reason: false,
      confirmed: () => setDraining(id, true),
    })
  }
  return (
    <>
      {problem === undefined ? null : <Problem>{problem}</Problem>}
      <Outcome problem={work.problem} done={work.done} />
      <div class="experts">
        {value?.experts.map(expert => (
          <Card
            key={expert.id}
            expert={expert}
            busy={work.busy}
            open={open === expert.id}
            toggle={() => setOpen(open === expert.id ? undefined : expert.id)}
            drain={() => drain(expert)}
          />
        ))}
      </div>
      <Reason asked={asked} close={() => setAsked(undefined)} />
    </>
  )
}

type CardProps = { expert: ExpertState; busy: boolean; open: boolean; toggle: () => void; drain: () => void }

const Card = ({ expert, busy, open, toggle, drain }: CardProps) => {
  const { id, kind, model, origin, draining, history = [] } = expert
  return (
    <section class={open ? 'panel expert open' : 'panel expert'} aria-label={id}>
      <div class="row">
        <h2>
          <State expert={expert} /> {id}
        </h2>
        <span class="buttons">
          {history.length === 0 ? null : (
            <button type="button" aria-expanded={open} onClick={toggle}>
              {open ? 'Less' : 'The last hour'}
            </button>
          )}
          <button type="button" disabled={busy} aria-pressed={draining} onClick={drain}>
            {draining ? 'Let it work again' : 'Drain…'}
          </button>
        </span>
      </div>
      <p class="quiet">{[model ?? kind, origin].filter(Boolean).join(' · ')}</p>
      <Figures expert={expert} />
      {history.length === 0 ? null : <History expert={expert} large={open} />}
    </section>
  )
}

/** Never by colour alone. */
const State = ({ expert: { breaker, draining } }: { expert: ExpertState }) => {
  const [colour, word] = draining
    ? ['warn', 'drained']
    : breaker === 'closed'
      ? ['good', 'works']
      : ['bad', `breaker ${breaker}`]
  return (
    <span class={`state ${colour}`}>
      <span class={`dot ${colour}`} aria-hidden="true" />
      {word}
    </span>
  )
}

const Figures = ({ expert }: { expert: ExpertState }) => {
  const { inFlight, queued, answered, failed, p50Ms, p95Ms } = expert
  const asked = (answered ?? 0) + (failed ?? 0)
  return (
    <dl class="figures">
      <Figure name="in flight" value={count(inFlight)} />
      <Figure name="queued" value={count(queued)} />
      <Figure name="answered" value={count(answered)} />
      <Figure
        name="failed"
        value={asked === 0 ? count(failed) : `${count(failed)} (${percent((failed ?? 0) / asked)})`}
      />
      <Figure name="p50" value={milliseconds(p50Ms)} />
      <Figure name="p95" value={milliseconds(p95Ms)} />
    </dl>
  )
}

const Figure = ({ name, value }: { name: string; value: string }) => (
  <div>
    <dt>{name}</dt>
    <dd>{value}</dd>
  </div>
)

const History = ({ expert: { id, history = [] }, large }: { expert: ExpertState; large: boolean }) => {
  const times = history.map(({ p50Ms }) => p50Ms).filter(ms => typeof ms === 'number')
  const failed = history.reduce((sum, minute) => sum + minute.failed, 0)
  const latency =
    times.length === 0
      ? `${id} answered nothing in the last hour`
      : `Latency of ${id} by minute: ${milliseconds(Math.min(...times))} to ${milliseconds(Math.max(...times))}`
  return (
    <div class={large ? 'charts large' : 'charts'}>
      <div>
        <span class="quiet">latency</span>
        <Chart minutes={history} curve="latency" label={latency} large={large} />
      </div>
      <div>
        <span class="quiet">errors</span>
        <Chart
          minutes={history}
          curve="failed"
          label={`Failures of ${id} in the last hour: ${failed}`}
          large={large}
        />
      </div>
    </div>
  )
}
