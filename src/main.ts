#!/usr/bin/env node
import { bench } from './commands/bench.ts'
import { candidate } from './commands/candidate.ts'
import { check } from './commands/check.ts'
import { type Command, helpOf, parseCommand, UsageError } from './commands/command.ts'
import { context } from './commands/context.ts'
import { init } from './commands/init.ts'
import { key } from './commands/key.ts'
import { rank } from './commands/rank.ts'
import { route } from './commands/route.ts'
import { serve } from './commands/serve.ts'
import { ConfigError } from './config.ts'
import { describe } from './errors.ts'
import { InvalidFilesError } from './knowledge/problem.ts'

const commands: Readonly<Record<string, Command>> = {
  serve,
  check,
  init,
  rank,
  route,
  candidate,
  context,
  bench,
  key,
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
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined
  if (command === undefined) throw new UsageError(`There is no command "${name}".`)
  const { values, words } = parseCommand(command, args)
  if (values.help === true) {
    print(helpOf(command))
    return 0
  }
  return await command.run({ values, words, environment: process.env, print, complain })
}

/** Errors that a user can mend are said without a stack. */
const report = (error: unknown, name: string | undefined): number => {
  if (error instanceof UsageError)
    complain(`${error.message}\nSee: coe-ops ${name ?? ''} --help`.replace('  ', ' '))
  else if (error instanceof ConfigError || error instanceof InvalidFilesError) complain(error.message)
  else complain(`coe-ops: ${describe(error)}`)
  return 2
}

const args = process.argv.slice(2)
process.exitCode = await main(args).catch(error =>
  report(error, Object.hasOwn(commands, args[0] ?? '') ? args[0] : ''),
)
