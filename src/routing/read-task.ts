import { UNKNOWN } from '../knowledge/map.ts'
import { ownWords } from './own-words.ts'

type Named = { readonly id: string; readonly title: string }
type Names = ReadonlyMap<string, string | undefined>

/** The answer stands at the end; what a model said long before does not count. */
const READ_CHARS = 4_000

/**
 * Finds the task in a classifier's reply. Tolerant of how it is said (bold, brackets, JSON, fences, a title, reasoning
 * before it), strict in what comes out: a task of the list, `unknown`, or nothing. A reply may quote the question, so
 * the last line counts before all others, and others only as far as they agree.
 */
export const readTask = (reply: string, tasks: readonly Named[]): string | undefined => {
  const names = namesOf(tasks)
  const text = lastOf(ownWords(reply, tag => names.has(plain(tag))))
  const lines = text.split('\n').filter(line => /[\p{L}\p{N}]/u.test(line))
  const whole = named(text, names)
  if (whole !== undefined) return whole
  const stated = lines.flatMap((line, at) => ({ ...statedIn(line, names), isLast: at === lines.length - 1 }))
  const last = stated.findLast(({ isLast, says }) => isLast && says)
  if (last !== undefined) return last.task
  const own = stated.flatMap(({ task }) => task ?? [])
  if (own.length > 0) return agreed(own)
  return agreed(lines.flatMap(line => inPassing(line, names))) ?? onlyMention(lines.at(-1) ?? '', names)
}

const lastOf = (text: string) => {
  const trimmed = text.trim()
  if (trimmed.length <= READ_CHARS) return trimmed
  const end = trimmed.slice(-READ_CHARS)
  // The beginning of a line that was cut off may have said "not".
  return end.slice(end.indexOf('\n') + 1)
}

const agreed = (tasks: readonly string[]) => (new Set(tasks).size === 1 ? tasks[0] : undefined)

const KEY = 'task|category|class|label|answer|classification|任务|任務|类别|類別|分类|分類|答案|タスク'
const FILLERS =
  'so|thus|therefore|hence|the|my|final|selected|chosen|correct|best|matching|most|likely|最终|所以|因此'
/** Nothing here can be matched in two ways: a hostile reply must not keep the event loop busy. */
const gap = '[^\\p{L}\\p{N}:：=\\n]{0,6}'
const means = `(?:${KEY})(?:[ _-](?:id|name))?${gap}(?:[:：=]|(?<=\\s)is(?=\\s)|是|为)`
const ownLine = new RegExp(`^[^\\p{L}\\p{N}>]{0,20}(?:(?:${FILLERS})[\\s_,，]{0,3}){0,6}${means}(.*)$`, 'iu')
const passing = new RegExp(`(?<![\\p{L}\\p{N}])(?:${FILLERS}|[ _]){0,3}${means}([^\\n]{0,200})`, 'giu')
const jsonKey =
  /"(?:selected_|final_)?(?:task|category|任务)(?:_id|_name)?"\s{0,9}:\s{0,9}"([^"\\\n]{0,200})"/giu

/** `**Task: [x]**`, `"task": "x",`, `任务：x` or a bare `x` on a line of its own. It may say that and name nothing. */
const statedIn = (line: string, names: Names): { says: boolean; task: string | undefined } => {
  const bare = named(line, names)
  if (bare !== undefined && !line.trimStart().startsWith('>')) return { says: false, task: bare }
  const inJson = line.trimStart().startsWith('{') ? [...line.matchAll(jsonKey)].at(-1)?.[1] : undefined
  if (inJson !== undefined) return { says: true, task: named(inJson, names) }
  const said = ownLine.exec(line)?.[1]
  return { says: said !== undefined, task: said === undefined ? undefined : firstNamed(said, names) }
}

/** In the middle of a sentence, unless in quotes. */
const inPassing = (line: string, names: Names): string[] => {
  if (line.trimStart().startsWith('>')) return []
  return [...line.matchAll(passing)].flatMap(({ index, 1: said = '' }) => {
    const quoted = (line.slice(0, index).match(/["“”「」『』«»`]/g) ?? []).length % 2 === 1
    return quoted ? [] : (firstNamed(said, names) ?? [])
  })
}

const marked = /^[\s*_]{0,6}(?:\[([^\]]*)\]|"([^"]*)"|`([^`]*)`|“([^”]*)”|「([^」]*)」|\(([^)]*)\)|'([^']*)')/
const headEnd = /[,;.:，。；：、/(（—–]|\s-\s|\*\*|\s(?:because|since|as|and|or)\s/i

/** `build`, `[build]`, `"build", …`, `build, because …`; not `build, deploy`. */
const firstNamed = (said: string, names: Names): string | undefined => {
  const whole = named(said, names)
  if (whole !== undefined) return whole
  const content = marked
    .exec(said)
    ?.slice(1)
    .find(part => part !== undefined)
  if (content !== undefined) return named(content, names)
  const end = headEnd.exec(said.replace(/^[\s*_]+/, match => ' '.repeat(match.length)))
  if (end === null) return undefined
  const rest = named(said.slice(end.index + end[0].length), names)
  return rest === undefined ? named(said.slice(0, end.index), names) : undefined
}

/** Whoever names one task and no other can mean nothing else, unless it is denied or quoted. */
const onlyMention = (last: string, names: Names): string | undefined => {
  if (
    /\b(?:not|no|never|neither|nor|cannot)\b|n['’]t\b|[不非没]/i.test(last) ||
    last.trimStart().startsWith('>')
  )
    return undefined
  const line = last.replace(/"[^"]*"|“[^”]*”|「[^」]*」|«[^»]*»/g, quote =>
    named(quote, names) ? quote : ' ',
  )
  let left = `-${plain(line)}-`
  const mentioned = [...names]
    .sort(([a], [b]) => b.length - a.length)
    .flatMap(([name, id]) => {
      if (!left.includes(`-${name}-`)) return []
      left = left.replaceAll(`-${name}-`, '--')
      return id ?? []
    })
  return agreed(mentioned)
}

/** By id before title; what two tasks are called names neither. */
const namesOf = (tasks: readonly Named[]): Names => {
  const names = new Map<string, string | undefined>()
  const add = (name: string, id: string) => {
    if (name !== '') names.set(name, names.has(name) && names.get(name) !== id ? undefined : id)
  }
  for (const { id, title } of tasks) add(plain(title), id)
  for (const { id } of tasks) names.delete(plain(id))
  for (const { id } of tasks) add(plain(id), id)
  for (const { id } of tasks) names.set(exactly(id), id)
  return names.set(UNKNOWN, UNKNOWN)
}

/** Letters and digits of any script, the rest as single dashes. */
const plain = (text: string) =>
  text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, '-')
    .replace(/^-|-$/g, '')

/** A key that nothing plain can be, for ids that differ only in their dots and dashes. */
const exactly = (text: string) => `=${text.trim()}`

const named = (said: string, names: Names) => names.get(exactly(said)) ?? names.get(plain(said))
