import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { rootPath } from './place.ts'

export type World = { readonly tasks: number; readonly experts: number; readonly examples: number }

const WORDS_OF_A_TASK = 20
const COMMON_WORDS = 300

/** Small and seeded: every run measures the same world. */
const createRandom = (seed: number) => {
  let state = seed
  return () => {
    state = (state * 16_807) % 2_147_483_647
    return state / 2_147_483_647
  }
}

const word = (random: () => number) =>
  Array.from({ length: 3 }, () => {
    const [c, v] = [Math.floor(random() * 14), Math.floor(random() * 5)]
    return `${'bdfgklmnprstvz'[c]}${'aeiou'[v]}`
  }).join('')

const words = (random: () => number, count: number) => Array.from({ length: count }, () => word(random))

const taskId = (task: number) => `task-${task + 1}`

type Question = { readonly task: string; readonly words: readonly string[] }

/** Questions of made-up words, some of which belong to their task: as long as people's, and of no language. */
const questionsOf = ({ tasks, examples }: World): Question[] => {
  const random = createRandom(7)
  const common = words(random, COMMON_WORDS)
  const own = Array.from({ length: tasks }, () => words(random, WORDS_OF_A_TASK))
  const one = (from: readonly string[]) => from[Math.floor(random() * from.length)] as string
  return Array.from({ length: examples }, (_, i) => ({
    task: taskId(i % tasks),
    words: Array.from({ length: 10 }, (_, at) => one(at % 3 === 0 ? (own[i % tasks] as string[]) : common)),
  }))
}

type Encoder = { readonly id: string; encode(text: string): Promise<Float32Array> }

/** The mean of its words' vectors, which lies where the encoder would put it, near enough for what is measured. */
const createMeans = (encoder: Encoder) => {
  const known = new Map<string, Float32Array>()
  const vectorOf = async (text: string) => {
    const vector = known.get(text) ?? (await encoder.encode(text))
    known.set(text, vector)
    return vector
  }
  return async (all: readonly string[]): Promise<Float32Array> => {
    const vectors = await Promise.all(all.map(vectorOf))
    const sum = new Float32Array(vectors[0]?.length ?? 0)
    for (const vector of vectors) {
      for (const [at, value] of vector.entries()) sum[at] = (sum[at] ?? 0) + value
    }
    const length = Math.hypot(...sum)
    return sum.map(value => value / length)
  }
}

/** `question` is one that the neighbours are certain of: other decisions are not remembered. */
export type Written = { readonly path: string; readonly question: string }

/**
 * Writes a context of so many examples, and their vectors beside it as if the encoder had made them once before: it
 * makes some 200 a second and core, and how long it takes for 100,000 is known.
 */
export const writeContext = async (folder: string, world: World): Promise<Written> => {
  const load = (name: string) => import(pathToFileURL(join(rootPath, 'dist/retrieval', `${name}.js`)).href)
  const { loadEncoder } = await load('encoder')
  const { writeVectors } = await load('vectors')
  const encoder: Encoder = await loadEncoder(join(rootPath, 'models'))
  const meanOf = createMeans(encoder)
  const path = join(folder, 'context.jsonl')
  const lines: string[] = []
  const entries: [string, Float32Array][] = []
  for (const [i, { task, words }] of questionsOf(world).entries()) {
    const question = `${words.join(' ')} ${i}`
    lines.push(JSON.stringify({ task, question }))
    entries.push([question, await meanOf(words)])
  }
  mkdirSync(folder, { recursive: true })
  writeFileSync(path, `${lines.join('\n')}\n`)
  await writeVectors(folder, encoder.id, entries)
  return { path, question: entries[0]?.[0] ?? '' }
}

/** A map of that world: every expert is the instant one, and measured on every task. */
export const mapOf = ({ tasks, experts }: World, context: string, expertUrl: string) => {
  const ids = Array.from({ length: experts }, (_, i) => `expert-${i + 1}`)
  const taskIds = Array.from({ length: tasks }, (_, i) => taskId(i))
  const expert = { url: `${expertUrl}/v1`, model: 'instant', key: 'sk-of-the-gateway', concurrency: 1024 }
  const score = (expertAt: number, taskAt: number) => 0.5 + ((expertAt * 7 + taskAt * 3) % 40) / 100
  return {
    context: [context],
    // A hundred examples are too few to be certain from: what is measured is the work, not the word.
    neighbours: { allowedError: 0.5 },
    tasks: Object.fromEntries(taskIds.map(id => [id, { title: id, description: `Questions of ${id}` }])),
    experts: Object.fromEntries(ids.map(id => [id, expert])),
    scores: Object.fromEntries(
      ids.map((id, i) => [id, Object.fromEntries(taskIds.map((task, j) => [task, score(i, j)]))]),
    ),
  }
}
