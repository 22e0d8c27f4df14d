import type { DuplicatePage } from '../../api/types.ts'
import { Problem } from '../../parts/notice.tsx'
import { useLoad } from '../../parts/use-load.ts'
import { Row } from './examples.tsx'
import type { Relabel } from './relabel.tsx'

type DuplicatesProps = { version: string | undefined; busy: boolean; relabel: Relabel }

export const Duplicates = ({ version, busy, relabel }: DuplicatesProps) => {
  const { value, problem, loading } = useLoad<DuplicatePage>('/context?kind=duplicates', {
    whenever: version,
  })
  return (
    <section class="panel wide" aria-busy={loading}>
      {problem === undefined ? null : <Problem>{problem}</Problem>}
      <p class="quiet">{wordsFor(value, loading)}</p>
      {value?.groups.map(group => (
        <ul key={group[0]?.at} class={mixed(group) ? 'examples group mixed' : 'examples group'}>
          {group.map(example => (
            <Row key={example.at} example={example} busy={busy} relabel={relabel} />
          ))}
        </ul>
      ))}
    </section>
  )
}

/** The same question under two tasks pulls every decision near it both ways. */
const mixed = (group: DuplicatePage['groups'][number]) => new Set(group.map(({ task }) => task)).size > 1

const wordsFor = (value: DuplicatePage | undefined, loading: boolean): string => {
  if (value === undefined) return loading ? 'Comparing all with all…' : ''
  const { groups, total = groups.length } = value
  if (groups.length === 0) return 'No two examples say nearly the same.'
  const torn = groups.filter(mixed).length
  const some = total > groups.length ? `, the first ${groups.length} are shown` : ''
  return `${total} ${total === 1 ? 'group says' : 'groups say'} nearly the same${torn === 0 ? '' : `; ${torn} of them under more than one task, framed`}${some}.`
}
