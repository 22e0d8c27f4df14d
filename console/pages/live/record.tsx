import { useEffect, useRef } from 'preact/hooks'
import type { DecisionRecord } from '../../api/types.ts'

/** All that is known of one request. */
export const WholeRecord = ({ record, close }: { record: DecisionRecord; close: () => void }) => {
  const panel = useRef<HTMLElement>(null)
  useEffect(() => panel.current?.focus(), [record.seq])
  return (
    <aside
      ref={panel}
      class="panel record"
      aria-label={`Record ${record.seq}`}
      tabIndex={-1}
      onKeyDown={event => event.key === 'Escape' && close()}
    >
      <div class="row">
        <h2>{`Record ${record.seq}`}</h2>
        <button type="button" onClick={close}>
          Close
        </button>
      </div>
      <dl class="facts">
        {fieldsOf(record).map(([name, value]) => [
          <dt key={name}>{name}</dt>,
          <dd key={`${name} `}>
            <Value value={value} />
          </dd>,
        ])}
      </dl>
    </aside>
  )
}

/** As a person reads them; what is not known here comes last. */
const order: readonly string[] = [
  'at',
  'question',
  'task',
  'decidedBy',
  'confidence',
  'expert',
  'tried',
  'status',
  'error',
  'outcome',
  'ms',
  'overheadMs',
  'encodeMs',
  'tokens',
  'client',
  'endpoint',
  'stream',
  'snapshot',
  'requestId',
]

const fieldsOf = (record: DecisionRecord): [string, unknown][] => {
  const placeOf = (name: string) => (order.includes(name) ? order.indexOf(name) : order.length)
  return Object.entries(record).sort(([a], [b]) => placeOf(a) - placeOf(b))
}

const Value = ({ value }: { value: unknown }) => {
  if (typeof value === 'string') return <span class="question">{value}</span>
  if (Array.isArray(value) && value.every(item => typeof item === 'string')) return <>{value.join(', ')}</>
  if (value === null || value === undefined) return <>–</>
  if (typeof value === 'object') return <pre>{JSON.stringify(value, null, 2)}</pre>
  return <>{String(value)}</>
}
