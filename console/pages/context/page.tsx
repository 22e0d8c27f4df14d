import { useState } from 'preact/hooks'
import type { ContextPage as Answer } from '../../api/types.ts'
import { Outcome } from '../../parts/outcome.tsx'
import { Sections } from '../../parts/sections.tsx'
import { useAct } from '../../parts/use-act.ts'
import { useLoad } from '../../parts/use-load.ts'
import { useSession } from '../../session.ts'
import { AddExample } from './add.tsx'
import { Corrections } from './corrections.tsx'
import { Duplicates } from './duplicates.tsx'
import { Examples } from './examples.tsx'
import type { Relabel } from './relabel.tsx'
import { Tasks } from './tasks.tsx'

const sections = [
  ['', 'Examples'],
  ['contradictions', 'Contradictions'],
  ['duplicates', 'Near-duplicates'],
  ['corrections', 'Corrections'],
  ['add', 'Add'],
] as const

/** The labelled questions that decisions are made from; a change of one is a swap like any other. */
export const ContextPage = ({ section }: { section: string }) => {
  const { gateway, served } = useSession()
  const [current] = sections.find(([name]) => name === section) ?? sections[0]
  const [task, setTask] = useState('')
  const work = useAct()
  const { value } = useLoad<Answer>('/context?limit=1', { whenever: served.ready?.snapshot })

  const change = (method: 'POST' | 'PUT', body: object, told: string) =>
    work.act(async () => {
      const { version } = await gateway.json<{ version: string }>('/context', { method, body })
      await served.reload()
      return `${told} Version ${version} is served.`
    })
  const relabel: Relabel = ({ at, question }, to) =>
    change('PUT', { at, question, task: to }, `It is of ${to} now.`)
  const add = (example: object) => change('POST', example, 'The example is added.')
  return (
    <>
      <Sections page="context" current={current} of={sections} />
      <Outcome problem={work.problem} done={work.done} />
      <div class="context">
        {current === '' || current === 'contradictions' ? (
          <>
            <Tasks tasks={value?.tasks ?? []} chosen={task} choose={setTask} />
            <Examples
              key={current + task}
              kind={current}
              task={task}
              relabel={relabel}
              busy={work.busy}
              version={served.ready?.snapshot}
            />
          </>
        ) : null}
        {current === 'duplicates' ? (
          <Duplicates relabel={relabel} busy={work.busy} version={served.ready?.snapshot} />
        ) : null}
        {current === 'corrections' ? (
          <Corrections version={served.ready?.snapshot} busy={work.busy} add={add} />
        ) : null}
        {current === 'add' ? <AddExample busy={work.busy} add={add} /> : null}
      </div>
    </>
  )
}
