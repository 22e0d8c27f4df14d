import { useEffect, useState } from 'preact/hooks'

export const pages = ['ask', 'live', 'map', 'experts', 'context'] as const

export type Page = (typeof pages)[number]

export type Path = { readonly page: Page; readonly section: string }

/** The page the address names: what comes after `#/`, which no server ever sees. */
const current = (): Path => {
  const [, name, section = ''] = /^#\/(\w+)(?:\/(\w+))?/.exec(location.hash) ?? []
  return { page: pages.find(page => page === name) ?? 'ask', section }
}

export const usePath = (): Path => {
  const [path, setPath] = useState(current)
  useEffect(() => {
    const moved = () => setPath(current())
    addEventListener('hashchange', moved)
    return () => removeEventListener('hashchange', moved)
  }, [])
  return path
}
