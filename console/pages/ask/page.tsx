import { useRef, useState } from 'preact/hooks'
import { Refused } from '../../api/gateway.ts'
import { Problem } from '../../parts/notice.tsx'
import { useSession } from '../../session.ts'
import { Answer } from './answer.tsx'
import { Decided } from './decided.tsx'
import { useAnswer } from './use-answer.ts'
import { useRoute } from './use-route.ts'

/** Kept for this tab, as the admin key is. */
const CLIENT_KEY = 'coe.client-key'

export const AskPage = () => {
  const route = useRoute()
  const answer = useAnswer()
  const [clientKey, setClientKey] = useState(() => sessionStorage.getItem(CLIENT_KEY) ?? '')
  const needsKey = answer.problem instanceof Refused && answer.problem.status === 401
  const form = useRef<HTMLFormElement>(null)

  const asked = () => {
    const fields = new FormData(form.current ?? undefined)
    const text = (name: string) => String(fields.get(name) ?? '').trim()
    return { question: text('question'), model: text('model') || 'auto' }
  }
  const decide = (withAnswer: boolean) => {
    const { question, model } = asked()
    if (question === '') return form.current?.querySelector('textarea')?.focus()
    void route.ask(question, model)
    if (withAnswer) void answer.ask(question, model, clientKey)
    else answer.clear()
  }
  const keep = (key: string) => {
    sessionStorage.setItem(CLIENT_KEY, key)
    setClientKey(key)
  }
  return (
    <div class="ask">
      <section class="panel">
        <form
          ref={form}
          onSubmit={event => {
            event.preventDefault()
            decide(true)
          }}
          onKeyDown={event => {
            if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
              event.preventDefault()
              decide(true)
            }
          }}
        >
          <label for="question">Question</label>
          <textarea id="question" name="question" rows={4} placeholder="My pod restarts with exit code 137" />
          <div class="row">
            <ModelField />
            <ClientKey value={clientKey} keep={keep} needed={needsKey} />
            <span class="buttons">
              <button type="button" onClick={() => decide(false)}>
                Decide only
              </button>
              <button type="submit" class="primary" aria-keyshortcuts="Control+Enter">
                Ask
              </button>
            </span>
          </div>
        </form>
        {route.problem === undefined ? null : <Problem>{route.problem}</Problem>}
        <Answer answer={answer} />
      </section>
      <Decided routed={route.routed} busy={route.busy} />
    </div>
  )
}

const ModelField = () => {
  const { served } = useSession()
  return (
    <span class="field">
      <label for="model">Model</label>
      <select id="model" name="model">
        <option value="auto">auto: decide by the question</option>
        <optgroup label="This task">
          {served.map?.tasks.map(({ id }) => (
            <option key={id} value={`task/${id}`}>{`task/${id}`}</option>
          ))}
        </optgroup>
        <optgroup label="This expert and no other">
          {served.map?.experts.map(({ id }) => (
            <option key={id} value={`expert/${id}`}>{`expert/${id}`}</option>
          ))}
        </optgroup>
      </select>
    </span>
  )
}

type ClientKeyProps = { value: string; keep: (key: string) => void; needed: boolean }

const ClientKey = ({ value, keep, needed }: ClientKeyProps) => (
  <span class="field">
    <label for="client-key">Client key{needed ? ' (needed)' : ''}</label>
    <input
      id="client-key"
      type="password"
      autocomplete="off"
      placeholder="where keys are set"
      aria-invalid={needed}
      value={value}
      onInput={event => keep(event.currentTarget.value.trim())}
    />
  </span>
)
