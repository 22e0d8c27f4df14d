import type { Prompt } from '../experts/model.ts'
import type { Nearest } from '../retrieval/protocol.ts'
import type { Decision } from './decide.ts'
import type { Events } from './events.ts'
import { byName, decideAfresh, type Question } from './pipeline.ts'
import type { Serving } from './serving.ts'

export type Explanation = {
  readonly decision: Decision
  /** What the classifier was asked and said, where it was asked. */
  readonly classifier:
    | {
        readonly prompt: Prompt
        readonly reply: string | undefined
        readonly outcome: Parameters<Events['classified']>[0]
        readonly ms: number
      }
    | undefined
  readonly tookMs: { readonly encode: number; readonly search: number; readonly total: number }
}

/** Decides as serving does, remembers nothing, and keeps what is otherwise thrown away: for a person who asks why. */
export const explain = async (
  { snapshot, crew }: Serving,
  question: Question,
  events: Pick<Events, 'classified' | 'retrievalFailed'>,
  signal: AbortSignal,
): Promise<Explanation> => {
  const began = performance.now()
  const named = byName(snapshot, question.target)
  if (named !== undefined) return { decision: named, classifier: undefined, tookMs: took(began) }

  let nearest: Nearest | undefined
  let prompt: Prompt | undefined
  let reply: string | undefined
  let classified: { outcome: Parameters<Events['classified']>[0]; ms: number } | undefined
  const model = crew.classifier
  const watched = model && {
    ...model,
    async complete(...given: Parameters<typeof model.complete>) {
      prompt = given[0].prompt
      reply = await model.complete(...given)
      return reply
    },
  }
  const { retriever } = snapshot
  const looked = {
    ...retriever,
    async nearest(...given: Parameters<typeof retriever.nearest>) {
      nearest = await retriever.nearest(...given)
      return nearest
    },
  }
  const { decision } = await decideAfresh(
    { ...snapshot, retriever: looked },
    { ...crew, classifier: watched },
    question,
    {
      ...silent,
      retrievalFailed: events.retrievalFailed,
      classified(outcome, ms) {
        classified = { outcome, ms }
        events.classified(outcome, ms)
      },
    },
    signal,
  )
  return {
    decision,
    classifier: prompt && classified && { prompt, reply, ...classified },
    tookMs: took(began, nearest?.tookMs),
  }
}

const nothing = () => undefined
const silent = { decided: nothing, expertAnswered: nothing, expertFailed: nothing }

const took = (began: number, { encode, search } = { encode: 0, search: 0 }) => ({
  encode,
  search,
  total: performance.now() - began,
})
