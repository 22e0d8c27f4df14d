import { useTaskNames } from './relabel.tsx'

type AddProps = { busy: boolean; add: (example: object) => Promise<boolean> }

export const AddExample = ({ busy, add }: AddProps) => {
  const tasks = useTaskNames()
  const submit = async (event: Event) => {
    event.preventDefault()
    const form = event.currentTarget as HTMLFormElement
    const fields = [...new FormData(form)].map(([name, value]) => [name, String(value).trim()])
    if (await add(Object.fromEntries(fields.filter(([, value]) => value !== '')))) form.reset()
  }
  return (
    <section class="panel wide">
      <form class="stack add" onSubmit={event => void submit(event)}>
        <p class="quiet">Appended to a context file and live at once: only what is new is encoded.</p>
        <div class="field">
          <label for="new-question">Question, as somebody would ask it</label>
          <textarea id="new-question" name="question" rows={3} required />
        </div>
        <div class="row">
          <span class="field">
            <label for="new-task">Task</label>
            <select id="new-task" name="task" required>
              {tasks.map(task => (
                <option key={task} value={task}>
                  {task}
                </option>
              ))}
            </select>
          </span>
          <span class="field">
            <label for="new-lang">Language (optional)</label>
            <input id="new-lang" name="lang" placeholder="en" maxLength={12} autocomplete="off" />
          </span>
          <span class="field">
            <label for="new-file">File (optional)</label>
            <input id="new-file" name="file" placeholder="the map’s first" autocomplete="off" />
          </span>
          <span class="buttons">
            <button type="submit" class="primary" disabled={busy}>
              Add
            </button>
          </span>
        </div>
      </form>
    </section>
  )
}
