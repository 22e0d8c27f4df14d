import type { ComponentChildren } from 'preact'
import { useEffect } from 'preact/hooks'
import { Problem, Warning } from './parts/notice.tsx'
import { type Page, pages } from './path.ts'
import type { Served } from './served.ts'
import { useSession } from './session.ts'

type ShellProps = { page: Page; leave: () => void; children: ComponentChildren }

/** What surrounds every page: where one is, what is served, how it fares. */
export const Shell = ({ page, leave, children }: ShellProps) => {
  const { served } = useSession()
  const title = titleOf(page)
  useEffect(() => {
    document.title = `${title} · coe-ops`
  }, [title])
  return (
    <>
      <header class="top">
        <strong class="name">
          <span class="mark" aria-hidden="true" />
          coe-ops
        </strong>
        <nav aria-label="Pages">
          {pages.map(name => (
            <a key={name} href={`#/${name}`} aria-current={name === page ? 'page' : undefined}>
              {titleOf(name)}
            </a>
          ))}
        </nav>
        <Serving served={served} />
        <button type="button" class="plain" onClick={leave}>
          Sign out
        </button>
      </header>
      <main>
        <h1 class="hidden">{title}</h1>
        {served.problem === undefined ? null : <Problem>{served.problem}</Problem>}
        {served.ready?.swapProblem === undefined ? null : (
          <Warning>The files were changed and are not what is served: {served.ready.swapProblem}</Warning>
        )}
        {children}
      </main>
    </>
  )
}

const titleOf = (page: Page) => page.charAt(0).toUpperCase() + page.slice(1)

const Serving = ({ served: { map, ready } }: { served: Served }) => {
  const state = ready === undefined ? 'unreachable' : ready.status
  return (
    <span class="serving" role="status">
      <span class={`dot ${state === 'ok' ? 'good' : 'bad'}`} aria-hidden="true" />
      <span class="hidden">{`The gateway is ${state}. `}</span>
      {state === 'ok' ? '' : `${state} `}
      {map?.name ?? ready?.map} <code title="The version that is served">{ready?.snapshot}</code>
    </span>
  )
}
