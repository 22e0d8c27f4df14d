import { callsOf, filled, piecesOf, type Reply, textOf, wordsOf } from './talk-reply.ts'

// biome-ignore lint/suspicious/noExplicitAny: whatever a client sent.
type Sent = any

const replyTo = ({ messages, tools, tool_choice, response_format }: Sent): Reply => {
  const last = messages.at(-1)
  if (last.role === 'tool') return { text: `The tool says: ${textOf(last.content)}`, calls: [] }
  if (tools !== undefined && tool_choice !== 'none') {
    const offers = tools.map((tool: Sent) => tool.function)
    return { text: '', calls: callsOf(offers, tool_choice?.function?.name) }
  }
  if (response_format?.type === 'json_schema') {
    return { text: JSON.stringify(filled(response_format.json_schema.schema)), calls: [] }
  }
  return { text: `You asked: ${textOf(last.content)}`, calls: [] }
}

const base = ({ model }: Sent) => ({
  id: 'chatcmpl-7',
  created: 1_750_000_000,
  model,
  system_fingerprint: 'fp_1',
})

const usageOf = (sent: Sent, { text }: Reply) => {
  const [prompt, completion] = [sent.messages.length * 5, wordsOf(text).length]
  return { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion }
}

const reasonOf = ({ calls }: Reply) => (calls.length > 0 ? 'tool_calls' : 'stop')

const logprobsOf = (sent: Sent, content: string) =>
  sent.logprobs === true
    ? { content: [{ token: content, logprob: -0.25, bytes: null, top_logprobs: [] }], refusal: null }
    : null

export const completionOf = (sent: Sent) => {
  const reply = replyTo(sent)
  const calls = reply.calls.map(({ id, ...call }) => ({ id, type: 'function', function: call }))
  const message = {
    role: 'assistant',
    content: reply.text || null,
    refusal: null,
    ...(calls.length > 0 ? { tool_calls: calls } : {}),
  }
  const choice = { message, finish_reason: reasonOf(reply), logprobs: logprobsOf(sent, reply.text) }
  return {
    ...base(sent),
    object: 'chat.completion',
    choices: Array.from({ length: sent.n ?? 1 }, (_, index) => ({ index, ...choice })),
    usage: usageOf(sent, reply),
  }
}

export const completionEvents = (sent: Sent): string[] => {
  const reply = replyTo(sent)
  const wantsUsage = sent.stream_options?.include_usage === true
  const chunk = (choices: object[], more: object = wantsUsage ? { usage: null } : {}) =>
    `data: ${JSON.stringify({ ...base(sent), object: 'chat.completion.chunk', choices, ...more })}\n\n`
  const delta = (part: object, finish: string | null = null, said = '') =>
    chunk([{ index: 0, delta: part, logprobs: said ? logprobsOf(sent, said) : null, finish_reason: finish }])
  const called = reply.calls.flatMap(({ id, name, arguments: given }, index) => [
    delta({ tool_calls: [{ index, id, type: 'function', function: { name, arguments: '' } }] }),
    ...piecesOf(given).map(piece => delta({ tool_calls: [{ index, function: { arguments: piece } }] })),
  ])
  return [
    delta({ role: 'assistant', content: called.length > 0 ? null : '' }),
    ...(called.length > 0 ? called : wordsOf(reply.text).map(content => delta({ content }, null, content))),
    delta({}, reasonOf(reply)),
    ...(wantsUsage ? [chunk([], { usage: usageOf(sent, reply) })] : []),
    'data: [DONE]\n\n',
  ]
}
