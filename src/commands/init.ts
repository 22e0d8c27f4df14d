import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { loadConfig } from '../config.ts'
import { describe } from '../errors.ts'
import { modelsAt, type Offered } from '../experts/models-at.ts'
import { isPlainName, type StarterExpert, starterMap } from '../knowledge/starter-map.ts'
import { readMap } from '../knowledge/task-map.ts'
import { type Command, type Invocation, UsageError } from './command.ts'
import { listIn } from './lists.ts'

/** An endpoint that lists its models takes no longer. */
const LIST_TIMEOUT_MS = 10_000
/** By their names these do not hold a conversation. */
const otherKinds =
  /embed|whisper|tts|dall-e|moderation|rerank|transcri|realtime|image|audio|sora|stable-diffusion|(?:^|\/)(?:bge|e5|gte|clip|davinci|babbage)-/i

const shipped = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url))

export const init: Command = {
  usage: 'coe-ops init [--experts URL,URL] [--key-env NAME] [--out DIR]',
  examples: [
    'coe-ops init --experts http://localhost:11434/v1 --out my-coe',
    'coe-ops init --experts https://openrouter.ai/api/v1 --key-env OPENROUTER_API_KEY --out my-coe',
    'coe-ops init --out my-coe',
  ],
  options: {
    experts: { type: 'string', help: 'base addresses of OpenAI-compatible APIs, usually ending in /v1' },
    'key-env': {
      type: 'string',
      help: 'the variable that holds their key, or one for each [OPENAI_API_KEY]',
    },
    out: { type: 'string', help: 'folder to write into [.]' },
    json: { type: 'boolean', help: 'print one JSON document' },
  },
  after: () =>
    'Nothing is ever written over: a file that is there with other content is named, and nothing is written.',
  async run({ values, words, environment, print, complain }) {
    if (words.length > 0) throw new UsageError('init takes options only.')
    const endpoints = endpointsIn(values)
    const { environment: variables } = loadConfig(environment)
    const { offered, failed } = await listAll(endpoints, variables)
    for (const problem of failed) complain(problem)
    if (endpoints.length > 0 && offered.length === 0) {
      complain('No endpoint could be asked for its models: nothing was written.')
      return 1
    }
    const folder = resolve(values.out === undefined ? '.' : String(values.out))
    const experts = offered.flatMap(expertsOf(complain))
    const files = await filesFor(folder, experts)
    await writeNew(files)
    const map = join(folder, 'map.yaml')
    print(
      values.json === true
        ? JSON.stringify(
            { map, questions: join(folder, 'questions.jsonl'), experts: experts.length, failed },
            null,
            2,
          )
        : next(map, files.size, experts.length),
    )
    return failed.length === 0 ? 0 : 1
  },
}

type Endpoint = { readonly url: string; readonly keyName: string }

const endpointsIn = (values: Invocation['values']): Endpoint[] => {
  const urls = listIn(values.experts)
  const names = listIn(values['key-env'])
  if (names.length > 1 && names.length !== urls.length)
    throw new UsageError('--key-env takes one name for all endpoints, or one for each.')
  const strange = names.find(name => !/^[A-Za-z_][A-Za-z0-9_]*$/.test(name))
  if (strange !== undefined)
    throw new UsageError('--key-env takes the name of an environment variable, not the key itself.')
  return urls.map((url, i) => {
    const parsed = URL.canParse(url) ? new URL(url) : undefined
    if (parsed === undefined || !/^https?:$/.test(parsed.protocol) || /[$"\\]/.test(url))
      throw new UsageError(`--experts takes addresses such as http://localhost:11434/v1.`)
    if (parsed.username !== '' || parsed.password !== '')
      throw new UsageError('--experts: give the key by --key-env, not in the address.')
    return { url, keyName: names[i] ?? names[0] ?? 'OPENAI_API_KEY' }
  })
}

type Answered = Offered & { readonly keyName: string }

/** All of them at once; one that fails is named, and the others go on. */
const listAll = async (
  endpoints: readonly Endpoint[],
  variables: Readonly<Record<string, string | undefined>>,
): Promise<{ offered: Answered[]; failed: string[] }> => {
  const results = await Promise.allSettled(
    endpoints.map(async ({ url, keyName }) => ({
      ...(await modelsAt(url, variables[keyName], AbortSignal.timeout(LIST_TIMEOUT_MS))),
      keyName,
    })),
  )
  return {
    offered: results.flatMap(result => (result.status === 'fulfilled' ? [result.value] : [])),
    failed: results.flatMap(result => (result.status === 'rejected' ? [describe(result.reason)] : [])),
  }
}

const expertsOf =
  (complain: (text: string) => void) =>
  ({ url, models, keyName }: Answered): StarterExpert[] => {
    const usable = models.filter(model => isPlainName(model) && !otherKinds.test(model))
    const left = models.length - usable.length
    if (left > 0)
      complain(
        `${url}: ${left} of ${models.length} models are left out; by their names they hold no conversation.`,
      )
    if (models.length === 0) complain(`${url}: offers no model.`)
    return usable.map(model => ({ url, model, keyName }))
  }

/** Everything that is written, by its place: the map, questions to begin with, and the context with its runbooks. */
const filesFor = async (folder: string, experts: readonly StarterExpert[]): Promise<Map<string, string>> => {
  const defaultMap = shipped('mappings/default.yaml')
  const { map } = readMap(defaultMap, await readFile(defaultMap, 'utf8'), {})
  if (map === undefined) throw new Error(`${defaultMap} is damaged: install coe-ops again.`)
  const context = map.context.map(file => `context/${relative(shipped('context'), file)}`)
  const files = new Map<string, string>()
  const text = starterMap({ name: 'my-experts', tasks: [...map.tasks.values()], context, experts })
  files.set(join(folder, 'map.yaml'), text)
  files.set(
    join(folder, 'questions.jsonl'),
    await readFile(shipped('mappings/starter-questions.jsonl'), 'utf8'),
  )
  const runbooks = await readdir(shipped('context/runbooks'), { recursive: true, withFileTypes: true })
  const paths = runbooks
    .filter(entry => entry.isFile())
    .map(entry => relative(shipped('.'), join(entry.parentPath, entry.name)))
  for (const path of [...context, ...paths])
    files.set(join(folder, path), await readFile(shipped(path), 'utf8'))
  return files
}

const writeNew = async (files: ReadonlyMap<string, string>) => {
  const there = await Promise.all(
    [...files].map(async ([file, text]) => {
      const before = await readFile(file, 'utf8').catch(() => undefined)
      return { file, isSame: before === text, isOther: before !== undefined && before !== text }
    }),
  )
  const others = there.filter(({ isOther }) => isOther).map(({ file }) => file)
  if (others.length > 0)
    throw new UsageError(
      `Nothing was written: ${others.slice(0, 5).join(', ')} would be written over. Take another --out.`,
    )
  for (const { file } of there.filter(({ isSame }) => !isSame)) {
    await mkdir(dirname(file), { recursive: true })
    await writeFile(file, files.get(file) ?? '', { flag: 'wx' })
  }
}

const next = (map: string, files: number, experts: number): string => {
  const path = relative(process.cwd(), map)
  const short = path.startsWith('..') ? map : path
  const questions = join(dirname(short), 'questions.jsonl')
  return [
    `Wrote ${short}, ${questions} and the shipped context: ${files} files, ${experts} experts beside the built-in one.`,
    'Next:',
    `  coe-ops check ${short}`,
    ...(experts === 0
      ? [
          `  coe-ops serve ${short}`,
          'To add a model: uncomment an expert in the map and put its name into the order.',
        ]
      : [
          `  coe-ops rank --map ${short} --questions ${questions} --unpin`,
          `  coe-ops serve ${short}`,
          'The questions are one a task, to see that all works: replace them by your own, 20 a task or more, before you believe the figures.',
        ]),
  ].join('\n')
}
