import type { ComponentChildren } from 'preact'
import { useEffect } from 'preact/hooks'
import { Problem, Warning } from './parts/notice.tsx'
import { pages } from './path.ts'
import type { Served } from './served.ts'
import { useSession } from './session.ts'

type ShellProps = { path: string; leave: () => void; children: ComponentChildren }

/** What surrounds every page: where one is, what is served, how it fares. */
export const Shell = ({ path, leave, children }: ShellProps) => {
  const { served } = useSession()
  const title = titleOf(path)
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
          {pages.map(page => (
            <a key={page} href={`#/${page}`} aria-current={titleOf(page) === title ? 'page' : undefined}>
              {titleOf(page)}
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

const titleOf = (page: string) => {
  const known = pages.find(name => name === page) ?? 'ask'
  return known[0]?.toUpperCase() + known.slice(1)
}

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
