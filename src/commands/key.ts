import { randomBytes } from 'node:crypto'
import { digestOf } from '../http/access/keyring.ts'
import { concurrency, rate } from '../knowledge/access-schema.ts'
import { identifier } from '../knowledge/identifier.ts'
import { type Command, type Invocation, UsageError } from './command.ts'

type Values = Invocation['values']

/** What the map is told of a key. */
type Entry = { readonly key: string; readonly rate?: string; readonly concurrency?: number }

export const key: Command = {
  usage: 'coe-ops key new NAME [--rate 600/m] [--concurrency 32] [--json]',
  examples: [
    'coe-ops key new chatbot',
    'coe-ops key new chatbot --rate 600/m --concurrency 32',
    'coe-ops key new nightly-report --rate 1000/h --json',
  ],
  options: {
    rate: { type: 'string', help: 'requests it may make: 10/s, 600/m, 1000/h' },
    concurrency: { type: 'string', help: 'requests it may have running at once, streams included' },
    json: { type: 'boolean', help: 'print one JSON document' },
  },
  async run({ values, words, print }) {
    const [action, name, ...more] = words
    if (action !== 'new') throw new UsageError('key knows one thing to do: new.')
    if (name === undefined || more.length > 0) throw new UsageError('key new takes one name.')
    demand(identifier, name, `"${name}"`)
    const limits = limitsOf(values)
    const secret = `coe-${randomBytes(32).toString('base64url')}`
    const entry = { key: `sha256:${digestOf(secret)}`, ...limits }
    print(
      values.json === true
        ? JSON.stringify({ name, key: secret, access: { [name]: entry } }, null, 2)
        : inWords(name, secret, entry),
    )
    return 0
  },
}

const limitsOf = (values: Values): Omit<Entry, 'key'> => {
  const given: { rate?: string; concurrency?: number } = {}
  if (values.rate !== undefined) {
    given.rate = String(values.rate)
    demand(rate, given.rate, `--rate ${given.rate}`)
  }
  if (values.concurrency !== undefined) {
    given.concurrency = Number(values.concurrency)
    demand(concurrency, given.concurrency, `--concurrency ${values.concurrency}`)
  }
  return given
}

type Schema = {
  safeParse(value: unknown): { readonly error?: { readonly issues: readonly { message: string }[] } }
}

/** What is printed must be accepted by the map: the map's own schema checks it. */
const demand = (schema: Schema, value: unknown, what: string) => {
  const issue = schema.safeParse(value).error?.issues[0]
  if (issue !== undefined) throw new UsageError(`${what}: ${issue.message}.`)
}

const inWords = (name: string, secret: string, entry: Entry) =>
  [
    `# The key of ${name}, shown this once: give it to its owner, keep it nowhere else.`,
    secret,
    '',
    '# Its entry in the map, live as soon as the file is saved:',
    'access:',
    `  ${yamlKey(name)}: { ${Object.entries(entry)
      .map(([field, value]) => `${field}: ${yamlValue(field, value)}`)
      .join(', ')} }`,
  ].join('\n')

const yamlValue = (field: string, value: string | number) => (field === 'key' ? `"${value}"` : value)

/** What YAML would read as a number or a truth is put in quotes. */
const yamlKey = (name: string) =>
  /^[a-z][\w.-]*$/i.test(name) && !/^(true|false|null)$/i.test(name) ? name : `"${name}"`
