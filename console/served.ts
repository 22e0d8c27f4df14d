import { useCallback, useEffect, useRef, useState } from 'preact/hooks'
import { type Gateway, messageOf, request } from './api/gateway.ts'
import type { ServedMap } from './api/types.ts'

/** What `/readyz` says, as far as it is shown. */
export type Ready = {
  readonly status: string
  readonly snapshot: string
  readonly map: string
  readonly swapProblem?: string
  readonly encoderProblem?: string
}

/** The map that is served, the same for every page, and how the gateway fares. */
export type Served = {
  readonly map: ServedMap | undefined
  readonly ready: Ready | undefined
  readonly problem: string | undefined
  reload(): Promise<void>
}

const LOOK_EVERY_MS = 5_000

export const useServed = (gateway: Gateway): Served => {
  const [map, setMap] = useState<ServedMap>()
  const [ready, setReady] = useState<Ready>()
  const [problem, setProblem] = useState<string>()
  const seen = useRef<string | undefined>(undefined)

  const reload = useCallback(async () => {
    try {
      const served = await gateway.json<ServedMap>('/map')
      seen.current = served.version
      setMap(served)
      setProblem(undefined)
    } catch (thrown) {
      setProblem(messageOf(thrown))
    }
  }, [gateway])

  const look = useCallback(async () => {
    try {
      const now = (await (await request('/readyz', '', {})).json()) as Ready
      setReady(now)
      if (now.snapshot !== seen.current) await reload()
    } catch (thrown) {
      setReady(undefined)
      setProblem(messageOf(thrown))
    }
  }, [reload])

  useEffect(() => {
    void look()
    const timer = setInterval(() => void (document.hidden || look()), LOOK_EVERY_MS)
    return () => clearInterval(timer)
  }, [look])
  return { map, ready, problem, reload: look }
}
