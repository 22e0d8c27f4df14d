import { useEffect, useState } from 'preact/hooks'
import type { ContextPage, Example } from '../../api/types.ts'
import { count, fixed } from '../../parts/figures.tsx'
import { Problem } from '../../parts/notice.tsx'
import { useLoad } from '../../parts/use-load.ts'
import { type Relabel, RelabelField } from './relabel.tsx'

const PAGE = 50
const TYPING_MS = 300

type ExamplesProps = {
  kind: '' | 'contradictions'
  task: string
  version: string | undefined
  busy: boolean
  relabel: Relabel
}

export const Examples = ({ kind, task, version, busy, relabel }: ExamplesProps) => {
  const [words, setWords] = useState('')
  const [offset, setOffset] = useState(0)
  const q = useSettled(words)
  const query = new URLSearchParams({ limit: String(PAGE), offset: String(offset) })
  for (const [name, value] of Object.entries({ kind, task, q })) if (value !== '') query.set(name, value)
  const { value, problem, loading } = useLoad<ContextPage>(`/context?${query}`, { whenever: version })
  const total = value?.total ?? 0
  return (
    <section class="panel" aria-busy={loading}>
      <div class="row">
        <span class="field search">
          <label for="words">Words in the question</label>
          <input
            id="words"
            type="search"
            value={words}
            onInput={event => {
              setWords(event.currentTarget.value)
              setOffset(0)
            }}
          />
        </span>
        <Pages offset={offset} total={total} go={setOffset} />
      </div>
      {problem === undefined ? null : <Problem>{problem}</Problem>}
      {kind === 'contradictions' ? (
        <p class="quiet">
          Left out and asked about, the others say something else, and are sure of it: either the label is
          wrong, or the example is worth having.
        </p>
      ) : null}
      {value !== undefined && total === 0 ? <p class="quiet">There is none.</p> : null}
      <ul class="examples">
        {value?.examples.map(example => (
          <Row
            key={example.at}
            example={example}
            suggested={kind === 'contradictions' ? example.said : undefined}
            busy={busy}
            relabel={relabel}
          />
        ))}
      </ul>
    </section>
  )
}

type RowProps = { example: Example; suggested?: string | undefined; busy: boolean; relabel: Relabel }

export const Row = ({ example, suggested, busy, relabel }: RowProps) => {
  const { at, question, task, lang, reply, said, margin } = example
  const about = [at, lang, reply === true ? 'with a reply' : undefined].filter(Boolean).join(' · ')
  return (
    <li>
      <div>
        <p class="question short" title={question}>
          {question}
        </p>
        <p class="quiet">
          <strong>{task}</strong>
          {said === undefined || said === task ? null : (
            <span class="said">
              {` the others say ${said}`}
              {margin === undefined ? '' : ` by ${fixed(margin)}`}
            </span>
          )}
          {` · ${about}`}
        </p>
      </div>
      <RelabelField example={example} suggested={suggested} busy={busy} relabel={relabel} />
    </li>
  )
}

const Pages = ({ offset, total, go }: { offset: number; total: number; go: (offset: number) => void }) => (
  <span class="buttons">
    <span class="quiet">
      {total === 0
        ? ''
        : `${count(offset + 1)} to ${count(Math.min(offset + PAGE, total))} of ${count(total)}`}
    </span>
    <button type="button" disabled={offset === 0} onClick={() => go(Math.max(0, offset - PAGE))}>
      Before
    </button>
    <button type="button" disabled={offset + PAGE >= total} onClick={() => go(offset + PAGE)}>
      Next
    </button>
  </span>
)

/** A text once it has not changed for a moment. */
const useSettled = (text: string): string => {
  const [settled, setSettled] = useState(text)
  useEffect(() => {
    const timer = setTimeout(() => setSettled(text.trim()), TYPING_MS)
    return () => clearTimeout(timer)
  }, [text])
  return settled
}
