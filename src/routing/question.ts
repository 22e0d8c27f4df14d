import { LRUCache } from 'lru-cache'
import { copyOf } from './copy-of.ts'
import { excerpt } from './excerpt.ts'
import { isFollowUp } from './follow-up.ts'
import { asksIn } from './wrappers.ts'

/** A message as clients send it, read as far as the question needs. */
export type ChatMessage = {
  readonly role: string
  readonly content?:
    | string
    | null
    | readonly { readonly type?: string | undefined; readonly text?: unknown }[]
    | undefined
}

/** Longer than this and a text is a paste: its beginning, its end and what it asks are kept. */
const MAX_CHARS = 8_000
/** "and on Ubuntu?", "still fails", "why?": so many messages back at most. */
const MAX_JOINED = 4

/**
 * The text that is classified: what a person last asked, without what the client wrapped around it. Tool calls and
 * their results are passed over, so a loop keeps the question that began it. Derived from the request alone.
 */
export const questionOf = (messages: readonly ChatMessage[]): string => {
  const thread: string[] = []
  for (const ask of fromTheLast(messages)) {
    thread.unshift(ask)
    if (thread.length === MAX_JOINED || !isFollowUp(ask)) break
  }
  // It is remembered, and may have been found in a message of megabytes.
  return copyOf(excerpt(thread.length > 0 ? thread.join('\n') : asItCame(messages), MAX_CHARS))
}

/** What a person asked first: it stays the same however long a conversation grows, and whatever is wrapped around it. */
export const firstAskOf = (messages: readonly ChatMessage[]): string => {
  for (const message of messages) {
    const [first] = message.role === 'user' ? asksIn(textOf(message)) : []
    if (first !== undefined) return first
  }
  return asItCame(messages)
}

/** Lazily: of a long conversation only its end is read. */
function* fromTheLast(messages: readonly ChatMessage[]): Generator<string> {
  for (const message of messages.toReversed()) {
    if (message.role === 'user') yield* asksOf(textOf(message)).toReversed()
  }
}

/** What is asked again and again, and every earlier message of a conversation, is unwrapped once. */
const unwrapped = new LRUCache<string, readonly string[]>({ max: 1_000 })
const MAX_KEPT_CHARS = 2_000

const asksOf = (text: string): readonly string[] => {
  const known = unwrapped.get(text)
  if (known !== undefined) return known
  const asks = asksIn(text)
  if (text.length <= MAX_KEPT_CHARS) unwrapped.set(text, asks)
  return asks
}

/** When everything looks like a machine's, the last message as it stands is still better than nothing. */
const asItCame = (messages: readonly ChatMessage[]) =>
  messages
    .filter(({ role }) => role === 'user')
    .map(message => textOf(message).trim())
    .findLast(text => text !== '') ?? ''

const textTypes: readonly (string | undefined)[] = ['text', 'input_text', undefined]

/** Images, files and tool results are parts too, and nothing that can be read here. */
const textOf = ({ content }: ChatMessage): string =>
  typeof content === 'string'
    ? content
    : (content ?? [])
        .map(({ type, text }) => (textTypes.includes(type) && typeof text === 'string' ? text : ''))
        .filter(text => text !== '')
        .join('\n')
