import { useEffect, useRef, useState } from 'preact/hooks'
import type { DecisionRecord } from '../../api/types.ts'
import { count } from '../../parts/figures.tsx'
import { Problem, Warning } from '../../parts/notice.tsx'
import { useSession } from '../../session.ts'
import { type BoardState, emptyBoard, everything, type Filter } from './board.ts'
import { createFeed, type Feed } from './feed.ts'
import { Filters } from './filters.tsx'
import { WholeRecord } from './record.tsx'
import { Rows } from './rows.tsx'

export const LivePage = () => {
  const { gateway } = useSession()
  const [state, setState] = useState(emptyBoard)
  const [filter, setFilter] = useState(everything)
  const [paused, setPaused] = useState(false)
  const [open, setOpen] = useState<DecisionRecord>()
  const feed = useRef<Feed | undefined>(undefined)
  const table = useRef<HTMLDivElement>(null)

  useEffect(() => {
    const started = createFeed(gateway, setState)
    feed.current = started
    return () => started.close()
  }, [gateway])

  const filterBy = (wanted: Filter) => {
    setFilter(wanted)
    feed.current?.filter(wanted)
  }
  const pause = (on: boolean) => {
    setPaused(on)
    feed.current?.pause(on)
  }
  const close = () => {
    const row = table.current?.querySelector<HTMLElement>('[aria-expanded="true"]')
    setOpen(undefined)
    row?.focus()
  }
  return (
    <div class={open === undefined ? 'live' : 'live with-record'}>
      <section class="panel">
        <div class="row">
          <Filters filter={filter} change={filterBy} />
          <span class="buttons">
            <span class="quiet pace">{paceOf(state, paused)}</span>
            <button type="button" aria-pressed={paused} onClick={() => pause(!paused)}>
              {paused ? 'Go on' : 'Pause'}
            </button>
          </span>
        </div>
        {state.problem === undefined ? null : <Problem>{state.problem}</Problem>}
        {state.lost === 0 ? null : (
          <Warning>{`${count(state.lost)} decisions came faster than this page reads, and are not shown.`}</Warning>
        )}
        <div ref={table}>
          <Rows rows={state.rows} open={open?.seq} show={setOpen} />
        </div>
      </section>
      {open === undefined ? null : <WholeRecord record={open} close={close} />}
    </div>
  )
}

const paceOf = ({ connected, perSecond, waiting, rows }: BoardState, paused: boolean) => {
  if (!connected) return 'not connected'
  if (paused) return waiting === 0 ? 'standing still' : `${count(waiting)} more wait`
  return `${count(rows.length)} shown, ${perSecond.toFixed(perSecond < 10 ? 1 : 0)} a second`
}
