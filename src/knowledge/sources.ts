import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { asAsked } from '../retrieval/text.ts'
import { type Example, type Keyword, type ReadContext, readContext } from './context.ts'
import type { Environment } from './document.ts'
import { UNKNOWN } from './map.ts'
import type { Problem } from './problem.ts'
import { type PromptTemplate, parsePrompt } from './prompt.ts'
import { readMap, type TaskMap } from './task-map.ts'

/** Texts to be read in place of those that stand in the files, by file: a change before it is written. */
export type Given = ReadonlyMap<string, string>

export type Reading = {
  readonly given?: Given
  /** How a context is read: by whoever reads again and again, with a memory. */
  readonly read?: typeof readContext
}

export type Sources = {
  /** The map's, as it stands in the file. */
  readonly text: string
  readonly map: TaskMap | undefined
  readonly examples: readonly Example[]
  readonly keywords: readonly Keyword[]
  readonly prompt: PromptTemplate | undefined
  /** Of the map, its context and its runbooks: all at once. */
  readonly problems: readonly Problem[]
  readonly files: readonly string[]
  readonly version: string
}

const nothing = { text: '', map: undefined, examples: [], keywords: [], prompt: undefined, version: '' }

/** Reads a map and everything it names. Never throws: what is wrong is in `problems`. */
export const readSources = async (
  mapPath: string,
  environment: Environment,
  { given = new Map(), read = readContext }: Reading = {},
): Promise<Sources> => {
  const text = given.get(mapPath) ?? (await readFile(mapPath, 'utf8').catch((error: Error) => error))
  if (text instanceof Error) {
    const problems = [atStart(mapPath, `cannot be read: ${text.message}`)]
    return { ...nothing, problems, files: [mapPath] }
  }
  const { map, problems: mapProblems } = readMap(mapPath, text, environment)
  if (map === undefined) {
    return { ...nothing, problems: mapProblems, files: [mapPath] }
  }
  const [prompt, ...contexts] = await Promise.all([
    readPrompt(map),
    ...map.context.map(file => read(file, given.get(file))),
  ])
  // Of ten thousand examples each of these takes ten milliseconds or more: requests have their turn in between.
  const version = await versionOf(text, prompt.text, map, contexts)
  const examples = contexts.flatMap(context => context.examples)
  const keywords = contexts.flatMap(context => context.keywords)
  return {
    text,
    map,
    examples,
    keywords,
    prompt: prompt.template,
    problems: [
      ...mapProblems,
      ...prompt.problems,
      ...contexts.flatMap(context => context.problems),
      ...disagreements(map, mapPath, examples, keywords),
    ],
    files: [mapPath, prompt.file, ...map.context, ...contexts.flatMap(context => context.runbooks)],
    version,
  }
}

export const atStart = (file: string, message: string, severity: Problem['severity'] = 'error'): Problem => ({
  file,
  line: 1,
  column: 1,
  message,
  severity,
})

const shippedPrompts = fileURLToPath(new URL('../../mappings/prompts/', import.meta.url))

/** The classifier's prompt in the form that the map wants. */
export const readPrompt = async ({ classifier }: Pick<TaskMap, 'classifier'>) => {
  const withExamples = classifier?.context ?? true
  const shipped = `${shippedPrompts}${withExamples ? 'classify-with-context.md' : 'classify.md'}`
  const file = classifier?.prompt ?? shipped
  const text = await readFile(file, 'utf8').catch((error: Error) => error)
  if (text instanceof Error) {
    return {
      file,
      text: '',
      template: undefined,
      problems: [atStart(file, `cannot be read: ${text.message}`)],
    }
  }
  const parsed = parsePrompt(text, withExamples)
  return 'fill' in parsed
    ? { file, text, template: parsed, problems: [] }
    : { file, text, template: undefined, problems: parsed.map(message => atStart(file, message)) }
}

/** Where map and context do not agree, or the context contradicts itself. */
const disagreements = (
  map: TaskMap,
  mapPath: string,
  examples: readonly Example[],
  keywords: readonly Keyword[],
): Problem[] => {
  const problems: Problem[] = []
  const tasks = [...map.tasks.keys()]
  const first = new Map<string, Example>()
  const foreign = ({ task, at }: Pick<Example, 'task' | 'at'>) => {
    if (task === UNKNOWN || map.tasks.has(task)) return
    const message = `task: the map has no task "${task}" (it has: ${tasks.join(', ')}, ${UNKNOWN})`
    problems.push({ ...placeOf({ at }), message, severity: 'error' })
  }
  firstOfEach(keywords).forEach(foreign)
  for (const example of examples) {
    foreign(example)
    const text = asAsked(example)
    const before = first.get(text)
    if (before === undefined) first.set(text, example)
    else {
      const also = before.task === example.task ? 'stands' : `stands as "${before.task}"`
      const message = `question: the same question ${also} at ${before.at}`
      problems.push({ ...placeOf(example), message, severity: 'warning' })
    }
  }
  for (const task of tasks) {
    if (![...examples, ...keywords].some(one => one.task === task)) {
      const message = `task "${task}" has no examples and no keywords: only a classifier can choose it`
      problems.push(atStart(mapPath, message, 'warning'))
    }
  }
  return problems
}

/** Keywords come by the line: one of each is enough to say what is wrong with it. */
const firstOfEach = (keywords: readonly Keyword[]) => [
  ...new Map(keywords.map(one => [one.at, one])).values(),
]

const placeOf = ({ at }: Pick<Example, 'at'>) => {
  const colon = at.lastIndexOf(':')
  return { file: at.slice(0, colon), line: Number(at.slice(colon + 1)), column: 1 }
}

/** The keys of experts are left out: a version is printed everywhere. */
const versionOf = async (text: string, prompt: string, map: TaskMap, contexts: readonly ReadContext[]) => {
  const hash = createHash('sha256').update(text).update(prompt)
  for (const definition of map.experts.values()) {
    hash.update(JSON.stringify({ ...definition, key: undefined }))
  }
  for (const context of contexts) hash.update(await hashOf(context))
  await nextTurn()
  return hash.digest('hex').slice(0, 12)
}

/** Examples that are hashed at a stretch. */
const PART = 1_000
const hashes = new WeakMap<ReadContext, string>()

/** Once for each that was read: of ten thousand examples it takes ten milliseconds. */
const hashOf = async (context: ReadContext): Promise<string> => {
  const known = hashes.get(context)
  if (known !== undefined) return known
  const hash = createHash('sha256')
  for (let at = 0; at < context.examples.length; at += PART) {
    await nextTurn()
    const part = context.examples.slice(at, at + PART)
    hash.update(
      part
        .map(({ question, options, task, reply }) => JSON.stringify([question, options, task, reply]))
        .join(''),
    )
  }
  for (const { text, task } of context.keywords) hash.update(JSON.stringify([text, task]))
  const digest = hash.digest('hex')
  hashes.set(context, digest)
  return digest
}
