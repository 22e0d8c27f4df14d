import { useEffect, useState } from 'preact/hooks'

export const pages = ['ask', 'live', 'map', 'experts', 'context'] as const

const current = () => /^#\/(\w+)/.exec(location.hash)?.[1] ?? 'ask'

/** The page the address names: what comes after `#/`, which no server ever sees. */
export const usePath = (): string => {
  const [path, setPath] = useState(current)
  useEffect(() => {
    const moved = () => setPath(current())
    addEventListener('hashchange', moved)
    return () => removeEventListener('hashchange', moved)
  }, [])
  return path
}
