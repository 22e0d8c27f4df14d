import { useMemo } from 'preact/hooks'
import { diff, hunks } from './diff.ts'

const signs = { same: ' ', added: '+', removed: '−' } as const

/** What changes from one text to another, line by line. */
export const DiffView = ({ before, after }: { before: string; after: string }) => {
  const shown = useMemo(() => (before === after ? [] : hunks(diff(before, after))), [before, after])
  if (shown.length === 0) return <p class="quiet">No line differs.</p>
  return (
    <section class="diff" aria-label="Changed lines">
      {shown.map((line, index) =>
        'skipped' in line ? (
          <div key={index} class="skipped">{`${line.skipped} lines the same`}</div>
        ) : (
          <div key={index} class={line.kind}>
            <span class="line">{line.line}</span>
            <span class="sign">{signs[line.kind]}</span>
            <span class="hidden">{line.kind === 'same' ? '' : `${line.kind}: `}</span>
            {line.text}
          </div>
        ),
      )}
    </section>
  )
}
