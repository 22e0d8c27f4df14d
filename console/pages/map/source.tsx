import { useRef } from 'preact/hooks'
import type { MapProblem } from '../../api/types.ts'

type SourceProps = {
  readonly value: string
  readonly problems: readonly MapProblem[]
  readonly change: (source: string) => void
}

/** The text of a map, with numbered lines; those at fault are marked, and their problems lead there. */
export const Source = ({ value, problems, change }: SourceProps) => {
  const area = useRef<HTMLTextAreaElement>(null)
  const gutter = useRef<HTMLDivElement>(null)
  const faulty = new Map(problems.map(({ line, severity }) => [line, severity]))
  const goTo = ({ line = 1, column = 1 }: MapProblem) => {
    const at = offsetOf(value, line, column)
    area.current?.focus()
    area.current?.setSelectionRange(at, at)
    const height = (area.current?.scrollHeight ?? 0) / value.split('\n').length
    area.current?.scrollTo({ top: Math.max(0, (line - 5) * height) })
  }
  return (
    <>
      <label for="source">The map’s text</label>
      <div class="source">
        <div ref={gutter} class="gutter" aria-hidden="true">
          {value.split('\n').map((_, index) => (
            <div key={index} class={faulty.get(index + 1) ?? ''}>
              {index + 1}
            </div>
          ))}
        </div>
        <textarea
          ref={area}
          id="source"
          class="mono"
          wrap="off"
          spellcheck={false}
          autocomplete="off"
          autocapitalize="off"
          aria-describedby="problems"
          aria-invalid={problems.some(({ severity }) => severity === 'error')}
          value={value}
          onInput={event => change(event.currentTarget.value)}
          onScroll={event => gutter.current?.scrollTo({ top: event.currentTarget.scrollTop })}
        />
      </div>
      <ul id="problems" class="problems" aria-live="polite">
        {problems.map((problem, index) => (
          <li key={index} class={problem.severity}>
            <button type="button" class="link" onClick={() => goTo(problem)}>
              {problem.line === undefined ? 'Map' : `Line ${problem.line}`}
            </button>{' '}
            {problem.message}
          </li>
        ))}
      </ul>
    </>
  )
}

const offsetOf = (text: string, line: number, column: number): number => {
  const before = text.split('\n').slice(0, line - 1)
  return before.reduce((sum, { length }) => sum + length + 1, 0) + column - 1
}
