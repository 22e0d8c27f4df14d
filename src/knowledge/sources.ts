import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { asAsked } from '../retrieval/text.ts'
import { type Example, readContext } from './context.ts'
import type { Environment } from './document.ts'
import { UNKNOWN } from './map.ts'
import type { Problem } from './problem.ts'
import { type PromptTemplate, parsePrompt } from './prompt.ts'
import { readMap, type TaskMap } from './task-map.ts'

export type Sources = {
  readonly map: TaskMap | undefined
  readonly examples: readonly Example[]
  readonly prompt: PromptTemplate | undefined
  /** Of the map, its context and its runbooks: all at once. */
  readonly problems: readonly Problem[]
  readonly files: readonly string[]
  readonly version: string
}

/** Reads a map and everything it names. Never throws: what is wrong is in `problems`. */
export const readSources = async (mapPath: string, environment: Environment): Promise<Sources> => {
  const text = await readFile(mapPath, 'utf8').catch((error: Error) => error)
  if (text instanceof Error) {
    const problems = [atStart(mapPath, `cannot be read: ${text.message}`)]
    return { map: undefined, examples: [], prompt: undefined, problems, files: [mapPath], version: '' }
  }
  const { map, problems: mapProblems } = readMap(mapPath, text, environment)
  if (map === undefined) {
    return { map, examples: [], prompt: undefined, problems: mapProblems, files: [mapPath], version: '' }
  }
  const [prompt, ...contexts] = await Promise.all([readPrompt(map), ...map.context.map(readContext)])
  const examples = contexts.flatMap(context => context.examples)
  return {
    map,
    examples,
    prompt: prompt.template,
    problems: [
      ...mapProblems,
      ...prompt.problems,
      ...contexts.flatMap(context => context.problems),
      ...disagreements(map, mapPath, examples),
    ],
    files: [mapPath, prompt.file, ...map.context, ...contexts.flatMap(context => context.runbooks)],
    version: versionOf(text, prompt.text, map, examples),
  }
}

const atStart = (file: string, message: string, severity: Problem['severity'] = 'error'): Problem => ({
  file,
  line: 1,
  column: 1,
  message,
  severity,
})

const shippedPrompts = fileURLToPath(new URL('../../mappings/prompts/', import.meta.url))

const readPrompt = async ({ classifier }: TaskMap) => {
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
const disagreements = (map: TaskMap, mapPath: string, examples: readonly Example[]): Problem[] => {
  const problems: Problem[] = []
  const tasks = [...map.tasks.keys()]
  const first = new Map<string, Example>()
  for (const example of examples) {
    if (example.task !== UNKNOWN && !map.tasks.has(example.task)) {
      const message = `task: the map has no task "${example.task}" (it has: ${tasks.join(', ')}, ${UNKNOWN})`
      problems.push({ ...placeOf(example), message, severity: 'error' })
    }
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
    if (!examples.some(example => example.task === task)) {
      const message = `task "${task}" has no examples: only a classifier can choose it`
      problems.push(atStart(mapPath, message, 'warning'))
    }
  }
  return problems
}

const placeOf = (example: Example) => {
  const colon = example.at.lastIndexOf(':')
  return { file: example.at.slice(0, colon), line: Number(example.at.slice(colon + 1)), column: 1 }
}

/** The keys of experts are left out: a version is printed everywhere. */
const versionOf = (text: string, prompt: string, map: TaskMap, examples: readonly Example[]): string => {
  const hash = createHash('sha256').update(text).update(prompt)
  for (const definition of map.experts.values()) {
    hash.update(JSON.stringify({ ...definition, key: undefined }))
  }
  for (const { question, options, task, reply } of examples) {
    hash.update(JSON.stringify([question, options, task, reply]))
  }
  return hash.digest('hex').slice(0, 12)
}
