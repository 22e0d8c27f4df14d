import { createContext } from 'preact'
import { useContext } from 'preact/hooks'
import type { Gateway } from './api/gateway.ts'
import type { Served } from './served.ts'

export type SessionValue = { readonly gateway: Gateway; readonly served: Served }

export const Session = createContext<SessionValue | undefined>(undefined)

export const useSession = (): SessionValue => {
  const session = useContext(Session)
  if (session === undefined) throw new Error('Only inside a session.')
  return session
}
