import { useCallback, useMemo, useState } from 'preact/hooks'
import { createGateway } from './api/gateway.ts'
import { Login } from './login.tsx'
import { AskPage } from './pages/ask/page.tsx'
import { ContextPage } from './pages/context/page.tsx'
import { ExpertsPage } from './pages/experts/page.tsx'
import { LivePage } from './pages/live/page.tsx'
import { MapPage } from './pages/map/page.tsx'
import { type Path, usePath } from './path.ts'
import { useServed } from './served.ts'
import { type Draft, Session } from './session.ts'
import { Shell } from './shell.tsx'

/** Read from here and nowhere else; gone when the tab is. */
const KEY = 'coe.admin-key'

export const App = () => {
  const [key, setKey] = useState(() => sessionStorage.getItem(KEY) ?? '')
  const [because, setBecause] = useState<string>()
  const enter = (given: string) => {
    sessionStorage.setItem(KEY, given)
    setBecause(undefined)
    setKey(given)
  }
  const leave = useCallback((why?: string) => {
    sessionStorage.removeItem(KEY)
    setBecause(why)
    setKey('')
  }, [])
  if (key === '') return <Login enter={enter} because={because} />
  return <Inside key={key} adminKey={key} leave={leave} />
}

const Inside = ({ adminKey, leave }: { adminKey: string; leave: (why?: string) => void }) => {
  const gateway = useMemo(
    () => createGateway(adminKey, () => leave('The gateway no longer accepts this key.')),
    [adminKey, leave],
  )
  const served = useServed(gateway)
  const path = usePath()
  const [draft, setDraft] = useState<Draft>()
  return (
    <Session.Provider value={{ gateway, served, draft, setDraft }}>
      <Shell page={path.page} leave={() => leave()}>
        <Page path={path} />
      </Shell>
    </Session.Provider>
  )
}

const Page = ({ path: { page, section } }: { path: Path }) => {
  switch (page) {
    case 'live':
      return <LivePage />
    case 'map':
      return <MapPage section={section} />
    case 'experts':
      return <ExpertsPage />
    case 'context':
      return <ContextPage section={section} />
    case 'ask':
      return <AskPage />
  }
}
