import { useEffect, useState } from 'preact/hooks'
import { messageOf, Refused, wasAborted } from '../../api/gateway.ts'
import type { MapAnswer, MapProblem } from '../../api/types.ts'
import { useSession } from '../../session.ts'

/** After the last key. */
const WAIT_MS = 400

export type DryRun = {
  readonly busy: boolean
  /** The text that was tried. */
  readonly of: string | undefined
  readonly answer: MapAnswer | undefined
  readonly problems: readonly MapProblem[]
  readonly problem: string | undefined
}

const nothing: DryRun = { busy: false, of: undefined, answer: undefined, problems: [], problem: undefined }

/** What would become of a map, tried as it is typed; what was tried before is left when something new is. */
export const useDryRun = (source: string | undefined, base: string): DryRun => {
  const { gateway } = useSession()
  const [state, setState] = useState(nothing)
  useEffect(() => {
    if (source === undefined) return setState(nothing)
    const leaving = new AbortController()
    const timer = setTimeout(async () => {
      setState(before => ({ ...before, busy: true }))
      try {
        const asked = { method: 'PUT', body: { source }, ifMatch: base, signal: leaving.signal } as const
        const answer = await gateway.json<MapAnswer>('/map?dryRun=true', asked)
        setState({ ...nothing, of: source, answer, problems: answer.problems })
      } catch (thrown) {
        if (wasAborted(thrown)) return
        const problems = problemsOf(thrown)
        setState({
          ...nothing,
          of: source,
          problems,
          problem: problems.length > 0 ? undefined : messageOf(thrown),
        })
      }
    }, WAIT_MS)
    return () => {
      clearTimeout(timer)
      leaving.abort()
    }
  }, [gateway, source, base])
  return state
}

/** The places at fault, if that is what was refused. */
export const problemsOf = (thrown: unknown): readonly MapProblem[] => {
  const body = thrown instanceof Refused ? (thrown.body as { problems?: unknown } | undefined) : undefined
  return Array.isArray(body?.problems) ? (body.problems as MapProblem[]) : []
}
