/** A message as clients send it, read as far as the question needs. */
export type ChatMessage = {
  readonly role: string
  readonly content?: string | null | readonly { readonly text?: unknown }[] | undefined
}

/** A follow-up of fewer characters than this has no task of its own. */
const SHORT_CHARS = 40
const SHORT_WORDS = 6
/** Of a pasted log what matters stands at the beginning and the end. */
const MAX_CHARS = 8_000

/** The text that is classified: what a person last asked, without what the client wrapped around it. */
export const questionOf = (messages: readonly ChatMessage[]): string => {
  const asked = messages
    .filter(message => message.role === 'user')
    .map(message => unwrap(textOf(message.content)))
    .filter(text => text !== '')
  const last = asked.at(-1) ?? ''
  const before = asked.at(-2)
  const whole = before !== undefined && isFollowUp(last) ? `${before}\n${last}` : last
  return whole.length <= MAX_CHARS
    ? whole
    : `${whole.slice(0, MAX_CHARS / 2)}\n${whole.slice(-MAX_CHARS / 2)}`
}

const textOf = (content: ChatMessage['content']): string => {
  if (typeof content === 'string') return content
  return (content ?? []).map(part => (typeof part.text === 'string' ? part.text : '')).join('\n')
}

/** Blocks that tools put into a person's message. */
const wrapped =
  /<(system-reminder|environment_details|context|tool_result|ide_[a-z_]+)\b[^>]*>[\s\S]*?<\/\1>/gi

const unwrap = (text: string) => text.replace(wrapped, ' ').trim()

const isFollowUp = (text: string) =>
  text.length < SHORT_CHARS &&
  text.split(/\s+/).length <= SHORT_WORDS &&
  /^(and|or|but|what about|how about|also|then|same|why|so|ok|on|for|with|in|那|还|如果|为什么|然后)(?=$|[\s,?!，？]|[\u4e00-\u9fff])/iu.test(
    text,
  )
