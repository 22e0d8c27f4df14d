import type { ContextTask } from '../../api/types.ts'
import { count, percent } from '../../parts/figures.tsx'

type TasksProps = { tasks: readonly ContextTask[]; chosen: string; choose: (task: string) => void }

/** How many examples each task has, and how often a vote that has not seen them finds their task. */
export const Tasks = ({ tasks, chosen, choose }: TasksProps) => {
  const all = { task: '', examples: tasks.reduce((sum, { examples }) => sum + examples, 0) }
  return (
    <section class="panel tasks" aria-label="Tasks">
      <ul>
        {[all, ...tasks].map(({ task, examples, ...more }: ContextTask) => (
          <li key={task}>
            <button
              type="button"
              aria-pressed={task === chosen}
              onClick={() => choose(task)}
              title={wordsOf(more)}
            >
              <span>{task === '' ? 'All tasks' : task}</span>
              <span class="quiet">{count(examples)}</span>
              <span class="quiet accuracy">
                {typeof more.accuracy === 'number' ? percent(more.accuracy) : ''}
              </span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  )
}

const wordsOf = ({ keywords = 0 }: Partial<ContextTask>) =>
  keywords === 0 ? undefined : `and ${count(keywords)} keywords`
