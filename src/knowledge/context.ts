import { hash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { dirname, isAbsolute, relative, resolve } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { z } from 'zod'
import type { Problem } from './problem.ts'
import { csvRows, jsonRows, type Row, spellChecker } from './rows.ts'

/** A labelled question: its text, its task, and where it comes from. */
export type Example = {
  readonly id: string | undefined
  readonly question: string
  readonly options: readonly string[] | undefined
  readonly answer: string | undefined
  readonly task: string
  readonly source: string | undefined
  /** What the built-in expert answers: a text, or the runbook it was read from. */
  readonly reply: Reply | undefined
  readonly lang?: string | undefined
  /** The part of five that it is tested in, where somebody laid that down. */
  readonly fold?: number | undefined
  /** file:line, to find it again. */
  readonly at: string
}

/** A word or phrase that marks a task: counts towards it as a short example would, but is no neighbour of anything. */
export type Keyword = { readonly task: string; readonly text: string; readonly at: string }

export type Reply = { readonly text: string; readonly runbook: string | undefined }

export type ReadContext = {
  readonly examples: readonly Example[]
  readonly keywords: readonly Keyword[]
  readonly problems: readonly Problem[]
  /** Runbooks that the examples name, so that a change of one is noticed. */
  readonly runbooks: readonly string[]
  /** Of the text of all of these: of the same lines and the same runbooks comes the same context. */
  readonly runbooksHash: string
}

const row = z.looseObject({
  id: z.union([z.string(), z.number()]).transform(String).optional(),
  question: z.string().refine(text => text.trim() !== '', 'must not be empty'),
  task: z.string().min(1),
  options: z.array(z.string()).max(26).optional(),
  answer: z
    .string()
    .regex(/^[A-Za-z]$/, 'must be one letter')
    .optional(),
  source: z.string().optional(),
  reply: z.string().optional(),
  lang: z.string().optional().catch(undefined),
  // A column of that name that means something else is nobody's mistake.
  fold: z
    .union([z.number(), z.string().regex(/^\d$/).transform(Number)])
    .pipe(z.int().min(0).max(4))
    .optional()
    .catch(undefined),
})

const keywordsRow = z.looseObject({
  task: z.string().min(1),
  keywords: z.array(z.string().trim().min(1).max(200)).min(1).max(1_000),
})

/** Decompressed size that is still read: a small file must not unpack into all of the memory. */
const maxBytes = 512 * 1024 * 1024
const unzip = promisify(gunzip)

/** Reads one file of examples. A bad line is a problem; the others are still returned. */
export const readContext = async (file: string, given?: string): Promise<ReadContext> => {
  const problems: Problem[] = []
  const text = given ?? (await readText(file).catch((error: Error) => error))
  if (text instanceof Error) {
    const problem = { ...start(file), message: `cannot be read: ${text.message}` }
    return { examples: [], keywords: [], runbooks: [], runbooksHash: '', problems: [problem] }
  }
  const rows = /\.csv(\.gz)?$/i.test(file) ? csvRows(text) : jsonRows(text)
  const examples: Example[] = []
  const keywords: Keyword[] = []
  const runbooks = new Map<string, string | undefined>()
  const misspelt = spellChecker()
  let sinceYield = 0
  for (const entry of rows) {
    // A context of 10,000 lines must not hold up the requests that are running.
    if (++sinceYield % 200 === 0) await nextTurn()
    const say = (message: string, severity: Problem['severity'] = 'error') =>
      problems.push({ file, line: entry.line, column: entry.column, message, severity })
    for (const warning of misspelt(entry)) say(warning, 'warning')
    if (isOfKeywords(entry)) {
      keywords.push(...readKeywords(file, entry, say))
      continue
    }
    const example = await readExample(file, entry, runbooks, say)
    if (example !== undefined) examples.push(example)
  }
  if (examples.length === 0 && keywords.length === 0 && problems.length === 0) {
    problems.push({ ...start(file), message: 'holds no examples' })
  }
  return {
    examples,
    keywords,
    problems,
    runbooks: [...runbooks.keys()],
    runbooksHash: hashOfRunbooks([...runbooks]),
  }
}

export const hashOfRunbooks = (runbooks: readonly (readonly [path: string, text: string | undefined])[]) =>
  hash('sha256', JSON.stringify(runbooks), 'hex')

export const readText = async (file: string): Promise<string> => {
  const bytes = await readFile(file)
  return (file.endsWith('.gz') ? await unzip(bytes, { maxOutputLength: maxBytes }) : bytes).toString('utf8')
}

const start = (file: string) => ({ file, line: 1, column: 1, severity: 'error' as const })

/** A line is the one or the other: a question with its task, or a task with its keywords. */
const isOfKeywords = (entry: Row): entry is Row & { readonly value: object } =>
  'value' in entry &&
  typeof entry.value === 'object' &&
  entry.value !== null &&
  'keywords' in entry.value &&
  !('question' in entry.value)

const readKeywords = (
  file: string,
  { value, line }: Row & { readonly value: object },
  say: (message: string) => void,
): Keyword[] => {
  const parsed = keywordsRow.safeParse(value, { reportInput: true })
  if (!parsed.success) {
    sayEach(parsed.error, say)
    return []
  }
  const { task, keywords } = parsed.data
  return [...new Set(keywords)].map(text => ({ task, text, at: `${file}:${line}` }))
}

const sayEach = ({ issues }: z.ZodError, say: (message: string) => void) => {
  for (const issue of issues) {
    const message = issue.message
      .replace(/^Invalid input: /, '')
      .replace(/.*received undefined$/, 'is missing')
    say(`${issue.path.join('.') || 'line'}: ${message}`)
  }
}

const readExample = async (
  file: string,
  entry: Row,
  runbooks: Map<string, string | undefined>,
  say: (message: string) => void,
): Promise<Example | undefined> => {
  if ('problem' in entry) {
    say(entry.problem)
    return undefined
  }
  const parsed = row.safeParse(entry.value, { reportInput: true })
  if (!parsed.success) {
    sayEach(parsed.error, say)
    return undefined
  }
  const { id, question, options, answer, task, source, reply, lang, fold } = parsed.data
  if (answer !== undefined && answer.toUpperCase().charCodeAt(0) - 65 >= (options?.length ?? 0)) {
    say(`answer: "${answer}" is beyond the ${options?.length ?? 0} options`)
    return undefined
  }
  const resolved = reply === undefined ? undefined : await readReply(file, reply, runbooks, say)
  if (resolved === 'unreadable') return undefined
  const at = `${file}:${entry.line}`
  return { id, question, options, answer, task, source, reply: resolved, lang, fold, at }
}

/** A reply that is a single word ending in .md is a runbook beside the file; anything else is the text itself. */
const readReply = async (
  file: string,
  reply: string,
  runbooks: Map<string, string | undefined>,
  say: (message: string) => void,
): Promise<Reply | 'unreadable'> => {
  if (!/^\S+\.md$/.test(reply)) return { text: reply, runbook: undefined }
  const folder = dirname(file)
  const path = resolve(folder, reply)
  const fromFolder = relative(folder, path)
  if (fromFolder.startsWith('..') || isAbsolute(fromFolder)) {
    say(`reply: the runbook ${reply} lies outside the folder of this file`)
    return 'unreadable'
  }
  if (!runbooks.has(path)) runbooks.set(path, await readFile(path, 'utf8').catch(() => undefined))
  const text = runbooks.get(path)
  if (text === undefined) {
    say(`reply: the runbook ${reply} cannot be read`)
    return 'unreadable'
  }
  return { text, runbook: reply }
}
