import type { Correction, FeedbackPage } from '../../api/types.ts'
import { dateOf } from '../../parts/figures.tsx'
import { Problem } from '../../parts/notice.tsx'
import { useLoad } from '../../parts/use-load.ts'

type CorrectionsProps = {
  version: string | undefined
  busy: boolean
  add: (example: object) => Promise<boolean>
}

/** What clients said a question's task is: an example only when a person here agrees. */
export const Corrections = ({ version, busy, add }: CorrectionsProps) => {
  const { value, problem } = useLoad<FeedbackPage>('/feedback', { everyMs: 10_000, whenever: version })
  return (
    <section class="panel wide">
      {problem === undefined ? null : <Problem>{problem}</Problem>}
      <p class="quiet">
        {value?.corrections.length === 0
          ? 'No client has said of a question that its task is another one (POST /v1/feedback with correct_task).'
          : 'Clients say that these questions are of another task. Nothing changes before somebody here agrees.'}
      </p>
      <ul class="examples">
        {value?.corrections.map(correction => (
          <Row
            key={`${correction.requestId} ${correction.at}`}
            correction={correction}
            busy={busy}
            add={add}
          />
        ))}
      </ul>
    </section>
  )
}

type RowProps = { correction: Correction; busy: boolean; add: CorrectionsProps['add'] }

const Row = ({ correction: { at, client, from, to, question, questionHash }, busy, add }: RowProps) => (
  <li>
    <div>
      {question === undefined ? (
        <p>
          <code>{questionHash}</code> <span class="quiet">its text is not kept (LOG_QUESTIONS)</span>
        </p>
      ) : (
        <p class="question short" title={question}>
          {question}
        </p>
      )}
      <p class="quiet">
        {`decided as ${from}, `}
        <strong>{`corrected to ${to}`}</strong>
        {[client && ` by ${client}`, ` · ${dateOf(at)}`].filter(Boolean).join('')}
      </p>
    </div>
    {question === undefined ? null : (
      <button type="button" disabled={busy} onClick={() => void add({ question, task: to })}>
        {`Agree: add to ${to}`}
      </button>
    )}
  </li>
)
