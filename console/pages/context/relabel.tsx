import type { Example } from '../../api/types.ts'
import { useSession } from '../../session.ts'

export type Relabel = (example: Example, task: string) => Promise<boolean>

export const useTaskNames = (): readonly string[] => {
  const { map } = useSession().served
  return [...new Set([...(map?.tasks.map(({ id }) => id) ?? []), 'unknown'])]
}

type RelabelFieldProps = {
  example: Example
  /** What is offered at first, where there is something to say for it. */
  suggested?: string | undefined
  busy: boolean
  relabel: Relabel
}

/** The example's task; another one is written to its file after a second click, never by a slip of the wheel. */
export const RelabelField = ({ example, suggested, busy, relabel }: RelabelFieldProps) => {
  const tasks = useTaskNames()
  const known = tasks.includes(example.task) ? tasks : [example.task, ...tasks]
  return (
    <form
      class="relabel"
      onSubmit={event => {
        event.preventDefault()
        const task = String(new FormData(event.currentTarget).get('task'))
        if (task !== example.task) void relabel(example, task)
      }}
    >
      <select name="task" aria-label={`Task of ${example.at}`}>
        {known.map(task => (
          <option key={task} value={task} selected={task === (suggested ?? example.task)}>
            {task}
          </option>
        ))}
      </select>
      <button type="submit" disabled={busy}>
        Relabel
      </button>
    </form>
  )
}
