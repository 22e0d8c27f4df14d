import { useRef, useState } from 'preact/hooks'
import { messageOf, wasAborted } from '../../api/gateway.ts'
import type { Routed } from '../../api/types.ts'
import { useSession } from '../../session.ts'

/** The decision on the last question that was asked. */
export const useRoute = () => {
  const { gateway } = useSession()
  const [routed, setRouted] = useState<Routed>()
  const [problem, setProblem] = useState<string>()
  const [busy, setBusy] = useState(false)
  const running = useRef<AbortController | undefined>(undefined)

  const ask = async (question: string, model: string) => {
    running.current?.abort()
    const leaving = new AbortController()
    running.current = leaving
    setBusy(true)
    setProblem(undefined)
    const body = model === 'auto' ? { question } : { messages: [{ role: 'user', content: question }], model }
    try {
      setRouted(await gateway.json<Routed>('/route', { method: 'POST', body, signal: leaving.signal }))
    } catch (thrown) {
      if (!wasAborted(thrown)) setProblem(messageOf(thrown))
    } finally {
      if (running.current === leaving) setBusy(false)
    }
  }
  return { routed, problem, busy, ask }
}
