import { UNKNOWN } from '../knowledge/map.ts'

type Named = { readonly id: string; readonly title: string }

/**
 * Finds the task in a classifier's reply. Tolerant of how it is said (bold, brackets, JSON, fences, a title, reasoning
 * before it), strict in what comes out: a task of the list, `unknown`, or nothing.
 */
export const readTask = (reply: string, tasks: readonly Named[]): string | undefined => {
  const text = withoutThoughts(reply)
  const names = namesOf(tasks)
  const stated = [...text.matchAll(statement)].map(([, said]) => named(said ?? '', names))
  return stated.findLast(task => task !== undefined) ?? named(text, names) ?? onlyMention(text, names)
}

/** `Task: x`, `**Task: [x]**`, `"task": "x"`, `任务：x` */
const statement = /(?:selected[ _])?(?:task|category|任务|类别)["'*`]*\s*(?:[:：=]|\bis\b|是)\s*([^\n,}]*)/gi

const withoutThoughts = (reply: string) => reply.replace(/<think(?:ing)?>[\s\S]*?<\/think(?:ing)?>/gi, '')

const namesOf = (tasks: readonly Named[]): ReadonlyMap<string, string> =>
  new Map([
    [UNKNOWN, UNKNOWN],
    ...tasks.map(({ id, title }): [string, string] => [plain(title), id]),
    ...tasks.map(({ id }): [string, string] => [plain(id), id]),
  ])

/** Letters and digits of any script, the rest as single dashes. */
const plain = (text: string) =>
  text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, '-')
    .replace(/^-+|-+$/g, '')

const named = (said: string, names: ReadonlyMap<string, string>) => names.get(plain(said))

/** A last line that mentions one task and no other can mean nothing else. */
const onlyMention = (text: string, names: ReadonlyMap<string, string>): string | undefined => {
  const line = `-${plain(text.trim().split('\n').at(-1) ?? '')}-`
  const mentioned = new Set([...names].filter(([name]) => line.includes(`-${name}-`)).map(([, id]) => id))
  const [only] = mentioned
  return mentioned.size === 1 ? only : undefined
}
