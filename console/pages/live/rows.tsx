import { Component } from 'preact'
import type { DecisionRecord } from '../../api/types.ts'
import { DecidedBy, fixed, milliseconds, timeOf } from '../../parts/figures.tsx'
import { ROW_PX, useSight } from './use-sight.ts'

type RowsProps = {
  rows: readonly DecisionRecord[]
  open: number | undefined
  show: (record: DecisionRecord) => void
}

/** Only the rows in sight, and some around them, are in the page: a table of all of them takes too long to lay out. */
export const Rows = ({ rows, open, show }: RowsProps) => {
  const { box, first, last, scrolled } = useSight(rows)
  return (
    <div ref={box} class="rows" onScroll={scrolled}>
      <table class="decisions" aria-rowcount={rows.length + 1} onKeyDown={walk}>
        <Head />
        <tbody>
          <Gap rows={first} />
          {rows.slice(first, last).map((record, index) => (
            <Row
              key={record.seq}
              record={record}
              place={first + index + 2}
              open={record.seq === open}
              show={show}
            />
          ))}
          <Gap rows={rows.length - last} />
        </tbody>
      </table>
    </div>
  )
}

const Head = () => (
  <thead>
    <tr>
      <th scope="col">At</th>
      <th scope="col">Task</th>
      <th scope="col">By</th>
      <th scope="col" class="number narrow-hidden">
        Prob.
      </th>
      <th scope="col">Expert</th>
      <th scope="col" class="number narrow-hidden">
        Took
      </th>
      <th scope="col" class="narrow-hidden">
        Status
      </th>
      <th scope="col" class="most narrow-hidden">
        Question
      </th>
    </tr>
  </thead>
)

/** As high as the rows that are not there. */
const Gap = ({ rows }: { rows: number }) =>
  rows <= 0 ? null : (
    <tr class="gap" style={{ height: `${rows * ROW_PX}px` }}>
      <td />
    </tr>
  )

type RowProps = {
  record: DecisionRecord
  place: number
  open: boolean
  show: (record: DecisionRecord) => void
}

/** A record never changes: its row is drawn again only when it moves, is opened or closed. */
class Row extends Component<RowProps> {
  override shouldComponentUpdate({ record, open, place }: RowProps) {
    return record !== this.props.record || open !== this.props.open || place !== this.props.place
  }

  override render({ record, place, open, show }: RowProps) {
    const { at, task, decidedBy, confidence, expert, tried, ms, status } = record
    const fell = tried.length > 1
    return (
      <tr class={open ? 'open' : ''} aria-rowindex={place} onClick={() => show(record)}>
        <td>
          <button type="button" class="link" aria-expanded={open} aria-label={`Record of ${timeOf(at)}`}>
            {timeOf(at)}
          </button>
        </td>
        <td class="clip">{task}</td>
        <td>
          <DecidedBy by={decidedBy} />
        </td>
        <td class="number narrow-hidden">{fixed(confidence)}</td>
        <td class="clip" title={fell ? `tried ${tried.join(', ')}` : undefined}>
          {expert ?? '–'}
          {fell ? <span class="quiet">{` (${tried.length} tried)`}</span> : null}
        </td>
        <td class="number narrow-hidden">{milliseconds(ms)}</td>
        <td class={status >= 400 ? 'narrow-hidden failed' : 'narrow-hidden'}>{statusOf(record)}</td>
        <td class="most clip quiet narrow-hidden">{questionOf(record)}</td>
      </tr>
    )
  }
}

const statusOf = ({ status, error, outcome }: DecisionRecord) => {
  const more = error ?? (outcome === 'complete' ? undefined : outcome)
  return more === undefined ? String(status) : `${status} ${more}`
}

const questionOf = ({ question, questionChars }: DecisionRecord) =>
  question ?? (questionChars === undefined ? '' : `${questionChars} characters`)

/** Up and down go from row to row, as Tab does, with fewer stops. */
const walk = (event: KeyboardEvent & { currentTarget: HTMLElement }) => {
  if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return
  const row = (event.target as HTMLElement).closest('tr')
  const next = event.key === 'ArrowDown' ? row?.nextElementSibling : row?.previousElementSibling
  const button = next?.querySelector('button')
  if (button === null || button === undefined) return
  event.preventDefault()
  button.focus()
}
