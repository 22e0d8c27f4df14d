import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { loadConfig } from '../config.ts'
import { describe } from '../errors.ts'
import { candidateAnswer, endedAnswer } from '../http/admin/candidate-answers.ts'
import { type AdminApi, adminAt } from './admin-api.ts'
import { inWords } from './candidate-report.ts'
import { type Command, type Invocation, UsageError } from './command.ts'

export const candidate: Command = {
  usage: [
    'coe-ops candidate show',
    'coe-ops candidate try FILE [--percent N] [--why TEXT] [--classifier]',
    'coe-ops candidate percent N',
    'coe-ops candidate shadow',
    'coe-ops candidate activate [--why TEXT]',
    'coe-ops candidate drop',
  ].join('\n       '),
  examples: [
    'coe-ops candidate try my-map.next.yaml --why "qwen for deploy"',
    'coe-ops candidate show',
    'coe-ops candidate percent 10',
    'coe-ops candidate activate --why "better for a week"',
    'coe-ops candidate drop --url http://gateway-2:8080',
  ],
  options: {
    url: { type: 'string', help: 'address of the gateway [http://127.0.0.1:8080]' },
    percent: { type: 'string', help: 'try: how many of 100 conversations it answers; without it, none' },
    classifier: { type: 'boolean', help: 'try: call its classifier in the shadow too, which may cost money' },
    why: { type: 'string', help: 'try, activate: for those who read it later' },
    json: { type: 'boolean', help: 'print one JSON document' },
  },
  after: () =>
    [
      "The gateway's COE_ADMIN_KEY must be in the environment. What FILE names (context, prompts) is looked for beside",
      'the map that the gateway serves. With several replicas, tell each: they decide the same, and know nothing of',
      'each other. A restart forgets the candidate.',
    ].join('\n'),
  async run(invocation) {
    const [name = '', ...words] = invocation.words
    const action = Object.hasOwn(actions, name) ? actions[name] : undefined
    if (action === undefined) {
      const known = Object.keys(actions).join(', ')
      throw new UsageError(`candidate knows: ${known}${name === '' ? '.' : `, not "${name}".`}`)
    }
    if (words.length !== action.words.length) {
      throw new UsageError(`It is: coe-ops candidate ${[name, ...action.words].join(' ')}`)
    }
    const { adminKey } = loadConfig(invocation.environment)
    if (adminKey === undefined) throw new UsageError('Set COE_ADMIN_KEY to the admin key of the gateway.')
    const api = adminAt(String(invocation.values.url ?? 'http://127.0.0.1:8080'), adminKey)
    return await action.run(api, invocation, words[0] ?? '')
  },
}

type Action = {
  readonly words: readonly string[]
  run(api: AdminApi, invocation: Invocation, word: string): Promise<number>
}

const answered = z.object({ version: z.string() })

const actions: Readonly<Record<string, Action>> = {
  show: {
    words: [],
    async run(api, { values, print }) {
      const found = await api.ask('GET', '/candidate')
      if (values.json === true) print(JSON.stringify(found, null, 2))
      else print(found === null ? await lastWords(api) : inWords(candidateAnswer.parse(found)))
      return 0
    },
  },
  try: {
    words: ['FILE'],
    async run(api, invocation, file) {
      const { percent, why, classifier } = invocation.values
      const source = await readFile(file, 'utf8').catch(error => {
        throw new UsageError(`${file} cannot be read: ${describe(error)}`)
      })
      return await said(invocation, api, 'PUT', {
        source,
        ...(percent === undefined ? { mode: 'shadow' } : { mode: 'percent', percent: share(percent) }),
        ...(why === undefined ? {} : { why }),
        ...(classifier === true ? { classifier } : {}),
      })
    },
  },
  percent: {
    words: ['N'],
    run: (api, invocation, word) => said(invocation, api, 'POST', { mode: 'percent', percent: share(word) }),
  },
  shadow: {
    words: [],
    run: (api, invocation) => said(invocation, api, 'POST', { mode: 'shadow' }),
  },
  activate: {
    words: [],
    async run(api, { values, print }) {
      const { why } = values
      const found = await api.ask('POST', '/candidate/activate', why === undefined ? {} : { why })
      if (values.json === true) print(JSON.stringify(found, null, 2))
      else print(`${answered.parse(found).version} is served now, and stands in the map file.`)
      return 0
    },
  },
  drop: {
    words: [],
    async run(api, { values, print }) {
      const found = await api.ask('DELETE', '/candidate')
      if (values.json === true) print(JSON.stringify(found, null, 2))
      else print(`${answered.parse(found).version} is tried no more. What is served stays as it is.`)
      return 0
    },
  },
}

const said = async (
  { values, print }: Invocation,
  api: AdminApi,
  method: 'PUT' | 'POST',
  body: object,
): Promise<number> => {
  const found = await api.ask(method, '/candidate', body)
  print(values.json === true ? JSON.stringify(found, null, 2) : inWords(candidateAnswer.parse(found)))
  return 0
}

const share = (given: unknown): number => {
  const percent = Number(given)
  if (String(given).trim() !== '' && percent > 0 && percent <= 100) return percent
  throw new UsageError(`"${given}" is no share: say a number above 0, up to 100.`)
}

const past = z.object({ ended: z.array(endedAnswer) })

/** Where there is none, what became of the last one is what somebody wants to know. */
const lastWords = async (api: AdminApi): Promise<string> => {
  const [last] = past.parse(await api.ask('GET', '/candidates')).ended
  return last === undefined
    ? 'There is no candidate.'
    : `There is no candidate. The last one, ${last.version}, was ${last.outcome} at ${last.at}: ${last.because}`
}
