import { createContext } from 'preact'
import { useContext } from 'preact/hooks'
import type { Gateway } from './api/gateway.ts'
import type { Served } from './served.ts'

/** A map somebody is writing: on which version it builds. Kept while other pages are looked at. */
export type Draft = { readonly source: string; readonly base: string }

export type SessionValue = {
  readonly gateway: Gateway
  readonly served: Served
  readonly draft: Draft | undefined
  setDraft(draft: Draft | undefined): void
}

export const Session = createContext<SessionValue | undefined>(undefined)

export const useSession = (): SessionValue => {
  const session = useContext(Session)
  if (session === undefined) throw new Error('Only inside a session.')
  return session
}
