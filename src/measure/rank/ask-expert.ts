import { z } from 'zod'
import { GatewayError } from '../../errors.ts'
import type { Expert } from '../../experts/expert.ts'
import type { Prompt } from '../../experts/model.ts'
import type { Reply, Usage } from './measurement.ts'

/** An answer longer than this is kept from its end, where what it comes to stands. */
const MAX_KEPT_CHARS = 64_000

const completion = z.looseObject({
  choices: z
    .array(
      z.looseObject({
        message: z.looseObject({ content: z.string().nullish(), refusal: z.string().nullish() }),
      }),
    )
    .min(1),
  usage: z
    .looseObject({ prompt_tokens: z.number().min(0), completion_tokens: z.number().min(0) })
    .nullish()
    .catch(null),
})

export type AskExpert = (prompt: Prompt, requestId: string, signal: AbortSignal) => Promise<Reply>

/** What some models refuse: a temperature, or the name of the limit. The first form that worked is kept. */
const formsOf = (maxTokens: number): readonly object[] => [
  { temperature: 0, max_tokens: maxTokens },
  { max_completion_tokens: maxTokens },
  {},
]

/** The same call as a client's request makes, with its deadline, retry, breaker and places. */
export const createAskExpert = (expert: Expert, maxTokens: number): AskExpert => {
  const forms = formsOf(maxTokens)
  let worked = 0
  return async (prompt, requestId, signal) => {
    let refusal: unknown
    for (const [index, form] of [...forms.entries()].slice(worked)) {
      try {
        const reply = await askOnce(expert, { ...form, messages: messagesOf(prompt) }, requestId, signal)
        worked = index
        return reply
      } catch (error) {
        if (!isRefusal(error)) throw error
        // What the richest form was told is nearest to what is wrong with the question itself.
        refusal ??= error
      }
    }
    throw refusal
  }
}

const isRefusal = (error: unknown) =>
  error instanceof GatewayError && [400, 422].includes(error.details.upstreamStatus ?? 0)

const messagesOf = ({ system, user }: Prompt) => [
  { role: 'system', content: system },
  { role: 'user', content: user },
]

const askOnce = async (
  expert: Expert,
  fields: { messages: readonly { content: string }[] },
  requestId: string,
  signal: AbortSignal,
): Promise<Reply> => {
  const began = performance.now()
  const answer = await expert.answer(
    {
      endpoint: 'chat/completions',
      stream: false,
      bodyFor: model => Buffer.from(JSON.stringify({ model, stream: false, ...fields })),
      requestId,
      hop: 1,
      headers: {},
      passages: async () => [],
    },
    signal,
  )
  if (answer.kind === 'stream') {
    answer.rest.stop()
    throw new GatewayError('expert_invalid_response', `Expert "${expert.id}" streamed what was to be whole.`)
  }
  const { text, usage } = read(expert.id, answer.body)
  const asked = fields.messages.map(({ content }) => content).join('\n')
  return {
    text: text.slice(-MAX_KEPT_CHARS),
    usage: usage ?? { input: tokensIn(asked), output: tokensIn(text), estimated: true },
    ms: Math.round(performance.now() - began),
  }
}

/** No choice in it is no answer at all; an empty text is one, which cannot be read. */
const read = (id: string, body: Uint8Array): { text: string; usage: Usage | undefined } => {
  const { data } = completion.safeParse(JSON.parse(Buffer.from(body).toString('utf8')))
  const message = data?.choices[0]?.message
  if (data === undefined || message === undefined) {
    throw new GatewayError('expert_invalid_response', `Expert "${id}" answered without a message.`)
  }
  const { usage } = data
  return {
    text: message.content || message.refusal || '',
    usage: usage ? { input: usage.prompt_tokens, output: usage.completion_tokens } : undefined,
  }
}

/** A token is about four letters of English, and less of most other things. */
export const tokensIn = (text: string) => Math.ceil(Buffer.byteLength(text) / 3)
