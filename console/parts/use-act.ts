import { useState } from 'preact/hooks'
import { messageOf } from '../api/gateway.ts'

/** Something that changes the gateway: one at a time, and what became of it. */
export const useAct = () => {
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<string>()
  const [done, setDone] = useState<string>()

  const act = async (work: () => Promise<string>): Promise<boolean> => {
    setBusy(true)
    setProblem(undefined)
    setDone(undefined)
    try {
      setDone(await work())
      return true
    } catch (thrown) {
      setProblem(messageOf(thrown))
      return false
    } finally {
      setBusy(false)
    }
  }
  return { busy, problem, done, act }
}
