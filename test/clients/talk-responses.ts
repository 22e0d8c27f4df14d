import { callsOf, filled, piecesOf, type Reply, textOf, wordsOf } from './talk-reply.ts'

// biome-ignore lint/suspicious/noExplicitAny: whatever a client sent.
type Sent = any

const replyTo = ({ input, tools, text }: Sent): Reply => {
  const last = typeof input === 'string' ? { content: input } : input.at(-1)
  if (last.type === 'function_call_output') return { text: `The tool says: ${last.output}`, calls: [] }
  if (tools !== undefined && tools.length > 0) return { text: '', calls: callsOf(tools, undefined) }
  if (text?.format?.type === 'json_schema')
    return { text: JSON.stringify(filled(text.format.schema)), calls: [] }
  return { text: `You asked: ${textOf(last.content)}`, calls: [] }
}

const itemsOf = ({ text, calls }: Reply): Sent[] =>
  calls.length > 0
    ? calls.map(({ id, ...call }) => ({
        type: 'function_call',
        id: `fc_${id}`,
        call_id: id,
        status: 'completed',
        ...call,
      }))
    : [
        {
          type: 'message',
          id: 'msg_7',
          role: 'assistant',
          status: 'completed',
          content: [{ type: 'output_text', text, annotations: [], logprobs: [] }],
        },
      ]

const responseWith = ({ model, tools = [] }: Sent, status: string, output: object[]) => ({
  id: 'resp_7',
  object: 'response',
  created_at: 1_750_000_000,
  status,
  model,
  output,
  tools,
  error: null,
  incomplete_details: null,
  instructions: null,
  metadata: {},
  parallel_tool_calls: true,
  temperature: 1,
  tool_choice: 'auto',
  top_p: 1,
  usage:
    status === 'completed'
      ? {
          input_tokens: 5,
          input_tokens_details: { cached_tokens: 0 },
          output_tokens: 3,
          output_tokens_details: { reasoning_tokens: 0 },
          total_tokens: 8,
        }
      : null,
})

export const responseOf = (sent: Sent) => responseWith(sent, 'completed', itemsOf(replyTo(sent)))

export const responseEvents = (sent: Sent): string[] => {
  const items = itemsOf(replyTo(sent))
  const events = [
    { type: 'response.created', response: responseWith(sent, 'in_progress', []) },
    ...items.flatMap(itemEvents),
    { type: 'response.completed', response: responseWith(sent, 'completed', items) },
  ]
  return events.map(
    (event, at) => `event: ${event.type}\ndata: ${JSON.stringify({ ...event, sequence_number: at })}\n\n`,
  )
}

const itemEvents = (item: Sent, output_index: number) => [
  {
    type: 'response.output_item.added',
    output_index,
    item: { ...item, status: 'in_progress', ...(item.content ? { content: [] } : { arguments: '' }) },
  },
  ...(item.content ? textEvents(item, output_index) : argumentEvents(item, output_index)),
  { type: 'response.output_item.done', output_index, item },
]

const textEvents = (item: Sent, output_index: number) => {
  const part = item.content[0]
  const at = { item_id: item.id, output_index, content_index: 0 }
  return [
    { type: 'response.content_part.added', ...at, part: { ...part, text: '' } },
    ...wordsOf(part.text).map(delta => ({ type: 'response.output_text.delta', ...at, delta, logprobs: [] })),
    { type: 'response.output_text.done', ...at, text: part.text, logprobs: [] },
    { type: 'response.content_part.done', ...at, part },
  ]
}

const argumentEvents = (item: Sent, output_index: number) => {
  const at = { item_id: item.id, output_index }
  return [
    ...piecesOf(item.arguments).map(delta => ({
      type: 'response.function_call_arguments.delta',
      ...at,
      delta,
    })),
    { type: 'response.function_call_arguments.done', ...at, arguments: item.arguments, name: item.name },
  ]
}
