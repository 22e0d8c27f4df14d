import type { Endpoint } from '../../experts/expert.ts'
import { type ChatMessage, questionOf } from '../../routing/question.ts'
import { type Body, read } from './request.ts'
import { schemas } from './schema.ts'

export type Asked = {
  readonly model: string | null | undefined
  readonly stream: boolean
  readonly question: string
  readonly messages: readonly ChatMessage[]
}

/** What each endpoint's body asks, in the same three words. */
export const askedBy = (endpoint: Exclude<Endpoint, 'embeddings'>, body: Body): Asked => {
  switch (endpoint) {
    case 'chat/completions': {
      const { model, stream, messages } = read(schemas.chat, body)
      return asked(model, stream, messages)
    }
    case 'completions': {
      const { model, stream, prompt } = read(schemas.completion, body)
      const texts = (typeof prompt === 'string' ? [prompt] : prompt).filter(item => typeof item === 'string')
      return asked(model, stream, [fromUser(texts.join('\n'))])
    }
    case 'responses': {
      const { model, stream, input } = read(schemas.responses, body)
      const messages = typeof input === 'string' ? [fromUser(input)] : (input ?? []).map(toMessage)
      return asked(model, stream, messages)
    }
  }
}

const asked = (
  model: Asked['model'],
  stream: boolean | null | undefined,
  messages: readonly ChatMessage[],
): Asked => ({ model, stream: stream ?? false, question: questionOf(messages), messages })

const fromUser = (content: string): ChatMessage => ({ role: 'user', content })

/** Items without a role are tool calls and their results: nothing that a person asked. */
const toMessage = ({ role, content }: { role?: string | undefined; content?: ChatMessage['content'] }) => ({
  role: role ?? 'tool',
  content,
})
