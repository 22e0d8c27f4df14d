import { type Command, type Option, type Part, UsageError } from './command.ts'
import { add } from './context-add.ts'
import { dedupe } from './context-dedupe.ts'
import { importing } from './context-import.ts'
import { stats } from './context-stats.ts'

const parts: Readonly<Record<string, Part>> = { stats, import: importing, dedupe, add }

/** Every option of every part, with the parts it belongs to. */
const options: Readonly<Record<string, Option>> = Object.fromEntries(
  [...new Set(Object.values(parts).flatMap(part => Object.keys(part.options)))].flatMap(name => {
    const users = Object.entries(parts).filter(([, part]) => Object.hasOwn(part.options, name))
    const option = users[0]?.[1].options[name]
    if (option === undefined) return []
    return [[name, { ...option, help: `${users.map(([part]) => part).join(', ')}: ${option.help}` }]]
  }),
)

export const context: Command = {
  usage: Object.values(parts)
    .map(({ usage }) => usage)
    .join('\n       '),
  examples: Object.values(parts).flatMap(({ examples }) => examples),
  options,
  after: () =>
    Object.entries(parts)
      .map(([name, { summary, after }]) => `${name}: ${summary}.${after === undefined ? '' : `\n${after()}`}`)
      .join('\n\n'),
  async run(invocation) {
    const [name = '', ...words] = invocation.words
    const part = Object.hasOwn(parts, name) ? parts[name] : undefined
    if (part === undefined) {
      const known = Object.keys(parts).join(', ')
      throw new UsageError(
        `context knows these things to do: ${known}${name === '' ? '.' : `, not "${name}".`}`,
      )
    }
    const foreign = Object.keys(invocation.values).find(option => !Object.hasOwn(part.options, option))
    if (foreign !== undefined) throw new UsageError(`context ${name} has no option --${foreign}.`)
    return part.run({ ...invocation, words })
  },
}
