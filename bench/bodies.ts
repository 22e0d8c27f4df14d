import { UNIQUE } from './load.ts'

export const asking = (content: string, more: object = {}) =>
  JSON.stringify({ model: 'auto', messages: [{ role: 'user', content }], ...more })

const question =
  'my pod restarts with exit code 137, OOMKilled, how do I raise its memory limit in Kubernetes?'

export const remembered = asking(question)
export const pinned = asking(question, { model: 'expert/first' })
export const streaming = asking(question, { stream: true })
export const dripping = asking(`${question} and drip`, { stream: true })
export const holding = asking(`${question} and hold the line`, { stream: true })

/** 40 tokens, of which one word is new each time. */
export const cold = asking(
  `our service ${UNIQUE} in staging restarts every few minutes with exit code 137 after the helm upgrade, and the liveness probe times out; what uses all of the memory?`,
)

/** As long, and of no task by its words: it has to be encoded. */
export const vague = asking(
  `the thing called ${UNIQUE} behaves oddly since tuesday, sometimes quick and sometimes slow, and a colleague says it began when we changed the settings; where would you begin to look?`,
)

/** A long debugging session of a coding client, so many bytes in all. */
export const conversation = (bytes: number) => {
  const turns: { role: string; content: string }[] = [{ role: 'system', content: 'You are an SRE.' }]
  const output = '2026-01-02T03:04:05Z INFO reconciler: "pod/web-7c9f" ready=false\n\trestarts: 12\n'.repeat(
    25,
  )
  for (let size = 0; size < bytes - 2_600; size += output.length * 1.15 + 140) {
    turns.push({ role: 'user', content: `What does this mean?\n${output}` })
    turns.push({ role: 'assistant', content: 'The pod is not ready; look at its previous log.' })
  }
  return JSON.stringify({ model: 'auto', messages: [...turns, { role: 'user', content: question }] })
}

export const conversation100k = conversation(100_000)
export const body1M = conversation(1_000_000)
