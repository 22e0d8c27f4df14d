/** What experts answer: about as long as a short answer of a real one. */
const text =
  'Exit code 137 is SIGKILL: the container used more memory than its limit and the kernel ended it. Raise the limit.'

export const completion = Buffer.from(
  JSON.stringify({
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1_700_000_000,
    model: 'instant',
    choices: [{ index: 0, message: { role: 'assistant', content: text }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 12, completion_tokens: 24, total_tokens: 36 },
  }),
)

const chunk = (delta: object, finish: string | null = null) =>
  Buffer.from(
    `data: ${JSON.stringify({
      id: 'chatcmpl-1',
      object: 'chat.completion.chunk',
      created: 1_700_000_000,
      model: 'instant',
      choices: [{ index: 0, delta, finish_reason: finish }],
    })}\n\n`,
  )

export const streamEnd = Buffer.concat([chunk({}, 'stop'), Buffer.from('data: [DONE]\n\n')])

/** 200 chunks, the last of them the end. */
export const streamed: readonly Buffer[] = [
  ...Array.from({ length: 199 }, (_, i) => chunk({ content: `word${i} ` })),
  streamEnd,
]

export const dripMs = 10
