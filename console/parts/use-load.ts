import { useCallback, useEffect, useState } from 'preact/hooks'
import { messageOf, wasAborted } from '../api/gateway.ts'
import { useSession } from '../session.ts'

export type Loaded<Answer> = {
  readonly value: Answer | undefined
  readonly problem: string | undefined
  readonly loading: boolean
  reload(): void
}

/** What a path of the admin API answers: again when the path or `whenever` changes, `everyMs`, or when told. The last answer stays meanwhile. */
export const useLoad = <Answer>(
  path: string,
  { everyMs, whenever }: { everyMs?: number; whenever?: string | undefined } = {},
): Loaded<Answer> => {
  const { gateway } = useSession()
  const [value, setValue] = useState<Answer>()
  const [problem, setProblem] = useState<string>()
  const [loading, setLoading] = useState(true)
  const [round, setRound] = useState(0)
  const reload = useCallback(() => setRound(before => before + 1), [])

  useEffect(() => {
    const leaving = new AbortController()
    setLoading(true)
    gateway
      .json<Answer>(path, { signal: leaving.signal })
      .then(answer => {
        setValue(() => answer)
        setProblem(undefined)
      })
      .catch(thrown => wasAborted(thrown) || setProblem(messageOf(thrown)))
      .finally(() => leaving.signal.aborted || setLoading(false))
    return () => leaving.abort()
  }, [gateway, path, round, whenever])

  useEffect(() => {
    // Counted from an answer to the next question: a slow gateway is not asked twice at once.
    if (everyMs === undefined || loading) return
    const timer = setInterval(() => document.hidden || reload(), everyMs)
    return () => clearInterval(timer)
  }, [everyMs, loading, reload])
  return { value, problem, loading, reload }
}
