import { inside, withoutBlocks } from './blocks.ts'
import { excerpt } from './excerpt.ts'
import { isFollowUp } from './follow-up.ts'
import { labelled, rephrased, retrieved } from './retrieval.ts'
import { capitals, names, roles, saidByPeople, slackIds } from './transcripts.ts'

/** Undoes one client's wrapping: what people ask in the text, oldest first, or undefined: it is not of this kind. */
type Wrapper = (text: string) => readonly string[] | undefined

/** Wrappers are recognised by their beginnings and ends; what lies beyond this in between is not read. */
const MAX_READ = 64_000

/** What a person asks in a message, oldest first; nothing when a program wrote it. */
export const asksIn = (message: string): readonly string[] => {
  const text = excerpt(withoutBlocks(message).trim(), MAX_READ)
  for (const wrapper of wrappers) {
    const asks = wrapper(text)
    if (asks !== undefined) return asks.map(plain).filter(ask => ask !== '')
  }
  return [plain(text)].filter(ask => ask !== '')
}

/** Messages in the user's name that no person wrote: files of Aider, notes of Claude Code, Cline and Codex. */
const note: Wrapper = text => {
  if (text.startsWith('# AGENTS.md instructions')) {
    const rules = inside(text, 'INSTRUCTIONS')
    return rules === undefined ? undefined : [rules.after]
  }
  return notes.test(text) ? [] : undefined
}

const notes =
  /^(\[Request interrupted by user|\[ERROR\] You did not use a tool|\[TASK RESUMPTION\]|This session is being continued|I have \*added these files|Here are (summaries of )?some (READ ONLY )?files)/

/** Cline and Roo send a tool's result as the user. What a person says to it stands in a tag; an answer goes on with the loop. */
const toolResult: Wrapper = text => {
  if (!/^\[[\w-]+( for '[^\n]*)?\] Result:/.test(text)) return undefined
  return [(inside(text, 'feedback') ?? inside(text, 'user_message'))?.content ?? '']
}

/** Claude Code's slash commands; those about the client itself ask nothing. */
const command: Wrapper = text => {
  const name = inside(text, 'command-name')
  if (name === undefined || name.before !== '') return undefined
  if (/^\/?(clear|compact|model|config|cost|help|login|logout|resume|status|exit|usage)$/.test(name.content))
    return []
  const args = inside(text, 'command-args')
  return [`${name.content} ${args?.content ?? ''}\n${args?.after ?? name.after}`]
}

/** A tag around the request itself: Cline and Roo, Copilot, Cursor, older Open WebUI. */
const request: Wrapper = text => {
  if (!/^(<|\[TASK RESUMPTION\]|###)/.test(text)) return undefined
  const asked = ['userRequest', 'user_query', 'user_message', 'task']
    .filter(name => name !== 'task' || text.startsWith('<task>'))
    .map(name => inside(text, name))
    .find(found => found !== undefined && /^$|^[#[(]/.test(found.after))
  return asked && [asked.content]
}

const chore =
  /\b(title|tags?|follow[- ]?ups?|standalone|search quer(y|ies)|emoji|autocomplet\w+|summar(y|ize|ise))\b|标题|标签|追问|主题/i

/** A title, tags, follow-ups or search queries for a conversation: as the last thing asked in it, so it stays with one task. */
const choreAboutChat: Wrapper = text => {
  const history = inside(text, 'chat_history') ?? inside(text, 'conversation')
  const start = text.search(/^(USER|User|Human|用户)[:：]/m)
  const instruction = history?.before ?? text.slice(0, Math.max(0, start))
  const chat = history?.content ?? text.slice(start)
  if (!chore.test(instruction)) return undefined
  const untagged = history === undefined
  if (untagged && (/[?？]/.test(instruction) || !/^(ASSISTANT|Assistant|AI|助手)[:：]/m.test(chat)))
    return undefined
  const asks = saidByPeople(chat, /^(USER|ASSISTANT):/.test(chat) ? capitals : roles)
  return asks.length > 0 ? asks : undefined
}

/** The same chore as one more message behind the real ones (NextChat, opencode): nothing a person asked. */
const choreAlone: Wrapper = text =>
  text.length < 500 &&
  /^(please )?(generate|write|create|give|suggest|summari[sz]e|provide|return)\b[^?？]{0,80}\b(title|topic|tags|summary)\b[^?？]{0,80}\b(this|our|the) (conversation|chat|discussion)\b/i.test(
    text,
  )
    ? []
    : undefined

/** A Slack thread as one message. */
const thread: Wrapper = text => {
  const announced =
    /^(slack (thread|conversation|channel)|(thread|conversation|channel) (history|transcript|(in|from) #\S+)).{0,40}:\n/i.test(
      text,
    )
  const asks = saidByPeople(text, announced ? names : slackIds)
  return asks.length > 1 || (announced && asks.length > 0) ? asks : undefined
}

/** A prompt for plain completion that ends where the assistant is to speak. */
const completion: Wrapper = text => {
  if (!/\n(Assistant|ASSISTANT|AI):$/.test(text)) return undefined
  const asks = saidByPeople(text, roles)
  return asks.length > 0 ? asks : undefined
}

/** Files that Continue and LibreChat put before the words; "explain this" is nothing without them. */
const files: Wrapper = text => {
  const leading =
    /^(?:(?:Attached document\(s\):\s{0,2})?```([^\n`]{1,200})\n(?:(?!```)[^\n]*\n)*```\s*)+/.exec(text)
  if (leading === null || !/[\w-][./]\w/.test(leading[1] ?? '')) return undefined
  const rest = text.slice(leading[0].length)
  return rest === '' || isFollowUp(rest) ? undefined : [rest]
}

/** The first that knows the text has it: programs' own messages, then requests in tags, then texts within texts. */
const wrappers: readonly Wrapper[] = [
  toolResult,
  command,
  request,
  note,
  rephrased,
  choreAboutChat,
  choreAlone,
  retrieved,
  labelled,
  thread,
  completion,
  files,
]

/** Slack's way of writing people, channels and links. */
const plain = (text: string) =>
  /<[@#!]|<https?:/.test(text)
    ? text
        .replace(/<@[UW][A-Z0-9]{2,}(\|[^>\n]{0,80})?>[ ,:]?/g, '')
        .replace(/<![a-z]+(\|[^>\n]{0,80})?>/g, '')
        .replace(/<#C[A-Z0-9]{2,}\|([^>\n]{0,80})>/g, '#$1')
        .replace(/<(https?:[^|>\s]{1,500})(\|[^>\n]{0,200})?>/g, '$1')
        .trim()
    : text.trim()
