import type { Endpoint } from './expert.ts'
import { event } from './sse.ts'

type Spoken = { whole(): Uint8Array; events(): Uint8Array[] }
type Said = { id: string; model: string; created: number; text: string }

/** A text in the shape of each endpoint, whole or as the events of a stream. */
export const speak = (endpoint: Exclude<Endpoint, 'embeddings'>, said: Said): Spoken => {
  switch (endpoint) {
    case 'chat/completions':
      return chat(said)
    case 'completions':
      return completion(said)
    case 'responses':
      return response(said)
  }
}

const json = (value: unknown) => Buffer.from(JSON.stringify(value))
const usage = { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 }
const done = event('[DONE]')

/** About a line each, so that a client shows it growing. */
const pieces = (text: string): string[] => text.match(/[^\n]{1,120}(?:\s|$)\n*|\n+|\S{1,120}/g) ?? [text]

const chat = ({ id, model, created, text }: Said): Spoken => {
  const base = { id: `chatcmpl-${id}`, created, model }
  const chunk = (delta: object, finish: string | null) =>
    event(
      JSON.stringify({
        ...base,
        object: 'chat.completion.chunk',
        choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }],
      }),
    )
  const message = { role: 'assistant', content: text, refusal: null }
  return {
    whole: () =>
      json({
        ...base,
        object: 'chat.completion',
        choices: [{ index: 0, message, logprobs: null, finish_reason: 'stop' }],
        usage,
      }),
    events: () => [
      chunk({ role: 'assistant', content: '' }, null),
      ...pieces(text).map(content => chunk({ content }, null)),
      chunk({}, 'stop'),
      done,
    ],
  }
}

const completion = ({ id, model, created, text }: Said): Spoken => {
  const object = (part: string, finish: string | null) => ({
    id: `cmpl-${id}`,
    object: 'text_completion',
    created,
    model,
    choices: [{ index: 0, text: part, logprobs: null, finish_reason: finish }],
  })
  return {
    whole: () => json({ ...object(text, 'stop'), usage }),
    events: () => [
      ...pieces(text).map(part => event(JSON.stringify(object(part, null)))),
      event(JSON.stringify(object('', 'stop'))),
      done,
    ],
  }
}

const response = ({ id, model, created, text }: Said): Spoken => {
  const itemId = `msg_${id}`
  const part = (said: string) => ({ type: 'output_text', text: said, annotations: [] })
  const item = (status: string, content: object[]) => ({
    id: itemId,
    type: 'message',
    role: 'assistant',
    status,
    content,
  })
  const object = (status: string, output: object[]) => ({
    id: `resp_${id}`,
    object: 'response',
    created_at: created,
    status,
    model,
    output,
    error: null,
    incomplete_details: null,
    instructions: null,
    metadata: {},
    parallel_tool_calls: false,
    temperature: null,
    tool_choice: 'none',
    tools: [],
    top_p: null,
    usage:
      status === 'completed'
        ? {
            input_tokens: 0,
            input_tokens_details: { cached_tokens: 0 },
            output_tokens: 0,
            output_tokens_details: { reasoning_tokens: 0 },
            total_tokens: 0,
          }
        : null,
  })
  const finished = item('completed', [part(text)])
  const at = { item_id: itemId, output_index: 0, content_index: 0 }
  return {
    whole: () => json(object('completed', [finished])),
    events: () =>
      [
        { type: 'response.created', response: object('in_progress', []) },
        { type: 'response.output_item.added', output_index: 0, item: item('in_progress', []) },
        { type: 'response.content_part.added', ...at, part: part('') },
        ...pieces(text).map(delta => ({
          type: 'response.output_text.delta',
          ...at,
          delta,
          logprobs: [],
        })),
        { type: 'response.output_text.done', ...at, text, logprobs: [] },
        { type: 'response.content_part.done', ...at, part: part(text) },
        { type: 'response.output_item.done', output_index: 0, item: finished },
        { type: 'response.completed', response: object('completed', [finished]) },
      ].map((data, sequence) =>
        Buffer.concat([
          Buffer.from(`event: ${data.type}\n`),
          event(JSON.stringify({ ...data, sequence_number: sequence })),
        ]),
      ),
  }
}
