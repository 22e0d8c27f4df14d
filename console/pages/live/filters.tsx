import { useSession } from '../../session.ts'
import type { Filter } from './board.ts'

const ways = ['neighbours', 'classifier', 'fallback', 'pinned']

export const Filters = ({ filter, change }: { filter: Filter; change: (filter: Filter) => void }) => {
  const { map } = useSession().served
  const tasks = [...(map?.tasks.map(({ id }) => id) ?? []), 'unknown']
  const experts = map?.experts.map(({ id }) => id) ?? []
  const select = (name: keyof Filter, label: string, values: readonly string[]) => (
    <span class="field">
      <label for={`filter-${name}`}>{label}</label>
      <select
        id={`filter-${name}`}
        value={filter[name]}
        onChange={event => change({ ...filter, [name]: event.currentTarget.value })}
      >
        <option value="">all</option>
        {values.map(value => (
          <option key={value} value={value}>
            {value}
          </option>
        ))}
      </select>
    </span>
  )
  return (
    <>
      {select('task', 'Task', [...new Set(tasks)])}
      {select('expert', 'Expert', experts)}
      {select('decidedBy', 'Decided by', ways)}
    </>
  )
}
