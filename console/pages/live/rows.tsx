import { Component } from 'preact'
import type { DecisionRecord } from '../../api/types.ts'
import { DecidedBy, fixed, milliseconds, timeOf } from '../../parts/figures.tsx'

type RowsProps = {
  rows: readonly DecisionRecord[]
  open: number | undefined
  show: (record: DecisionRecord) => void
}

export const Rows = ({ rows, open, show }: RowsProps) => (
  <table class="decisions" onKeyDown={walk}>
    <thead>
      <tr>
        <th scope="col">At</th>
        <th scope="col">Task</th>
        <th scope="col">By</th>
        <th scope="col" class="number narrow-hidden">
          Prob.
        </th>
        <th scope="col">Expert</th>
        <th scope="col" class="number">
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
    <tbody>
      {rows.map(record => (
        <Row key={record.seq} record={record} open={record.seq === open} show={show} />
      ))}
    </tbody>
  </table>
)

type RowProps = { record: DecisionRecord; open: boolean; show: (record: DecisionRecord) => void }

/** A record never changes: its row is drawn once, and again only when it is opened or closed. */
class Row extends Component<RowProps> {
  override shouldComponentUpdate({ record, open }: RowProps) {
    return record !== this.props.record || open !== this.props.open
  }

  override render({ record, open, show }: RowProps) {
    const { at, task, decidedBy, confidence, expert, tried, ms, status } = record
    const fell = tried.length > 1
    return (
      <tr class={open ? 'open' : ''} onClick={() => show(record)}>
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
        <td class="number">{milliseconds(ms)}</td>
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
