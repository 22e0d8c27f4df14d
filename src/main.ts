#!/usr/bin/env node
import { type Command, helpOf, parseCommand, UsageError } from './commands/command.ts'
import { describe } from './errors.ts'
import { InvalidFilesError } from './knowledge/problem.ts'

type Entry = { readonly summary: string; load(): Promise<Command> }

/** Each is loaded when it is called: all of them together take longer to load than most take to run. */
const commands: Readonly<Record<string, Entry>> = {
  serve: {
    summary: 'run the gateway',
    load: async () => (await import('./commands/serve.ts')).serve,
  },
  check: {
    summary: 'validate a map and everything it names',
    load: async () => (await import('./commands/check.ts')).check,
  },
  init: {
    summary: 'write a first map, its context and some questions, for the models you have',
    load: async () => (await import('./commands/init.ts')).init,
  },
  rank: {
    summary: 'measure the experts, and write what they are worth into the map',
    load: async () => (await import('./commands/rank.ts')).rank,
  },
  route: {
    summary: 'decide a question without asking an expert, and say why',
    load: async () => (await import('./commands/route.ts')).route,
  },
  candidate: {
    summary: 'try a changed map in the shadow or on a share of conversations, then activate or drop it',
    load: async () => (await import('./commands/candidate.ts')).candidate,
  },
  context: {
    summary:
      'look at the examples, bring in those of others, find what stands there twice, add what clients corrected',
    load: async () => (await import('./commands/context.ts')).context,
  },
  bench: {
    summary: 'measure how well questions find their task, and what the whole gains',
    load: async () => (await import('./commands/bench.ts')).bench,
  },
  key: {
    summary: 'make a key that lets a client in',
    load: async () => (await import('./commands/key.ts')).key,
  },
}

const overview = () =>
  [
    'coe-ops: one OpenAI-compatible endpoint in front of many experts\n',
    'Usage: coe-ops COMMAND [options]\n',
    'Commands:',
    ...Object.entries(commands).map(([name, { summary }]) => `  ${name.padEnd(10)} ${summary}`),
    '\nExamples:',
    '  coe-ops serve',
    '  coe-ops route "helm upgrade hangs in pending-upgrade"',
    '  coe-ops rank --map my-map.yaml --questions questions.jsonl',
    '  coe-ops bench classify --map mappings/default.yaml --folds',
    '\n"coe-ops COMMAND --help" shows the options of one.',
  ].join('\n')

const print = (text: string) => void process.stdout.write(`${text}\n`)
const complain = (text: string) => void process.stderr.write(`${text}\n`)

const main = async ([name, ...args]: string[]): Promise<number> => {
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    print(overview())
    return name === undefined ? 2 : 0
  }
  const entry = Object.hasOwn(commands, name) ? commands[name] : undefined
  if (entry === undefined) throw new UsageError(`There is no command "${name}".`)
  const command = await entry.load()
  const { values, words } = parseCommand(command, args)
  if (values.help === true) {
    print(helpOf(entry.summary, command))
    return 0
  }
  return await command.run({ values, words, environment: process.env, print, complain })
}

/** Errors that a user can mend are said without a stack. */
const report = async (error: unknown, name: string | undefined): Promise<void> => {
  if (error instanceof UsageError)
    return complain(`${error.message}\nSee: coe-ops ${name ?? ''} --help`.replace('  ', ' '))
  // Whoever throws it has loaded it.
  const { ConfigError } = await import('./config.ts')
  if (error instanceof ConfigError || error instanceof InvalidFilesError) complain(error.message)
  else complain(`coe-ops: ${describe(error)}`)
}

// Whoever reads may leave (`coe-ops serve | head`). That ends no gateway, and there is nobody to be told.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined)

const args = process.argv.slice(2)
process.exitCode = await main(args).catch(async error => {
  await report(error, Object.hasOwn(commands, args[0] ?? '') ? args[0] : '')
  return 2
})
