import { parseArgs } from 'node:util'

export type Option = {
  readonly type: 'string' | 'boolean'
  readonly help: string
  readonly multiple?: boolean
}

export type Invocation = {
  readonly values: Readonly<Record<string, string | boolean | (string | boolean)[] | undefined>>
  readonly words: readonly string[]
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Standard output: results alone. */
  print(text: string): void
  /** Standard error: progress, warnings, errors. */
  complain(text: string): void
}

/** One command: its help is made from what it declares, so that the two cannot disagree. */
export type Command = {
  readonly usage: string
  readonly examples: readonly string[]
  readonly options: Readonly<Record<string, Option>>
  readonly after?: () => string
  /** Exit code: 0 fine, 1 what was checked fell short, 2 wrong usage or unreadable input. */
  run(invocation: Invocation): Promise<number>
}

/** What a command does is said by `main.ts`, which lists all of them without loading one; what its part does, by the part. */
export type Part = Command & { readonly summary: string }

export class UsageError extends Error {}

export const helpOf = (summary: string, { usage, examples, options, after }: Command): string => {
  const rows = Object.entries({ ...options, help: { type: 'boolean', help: 'this text' } as Option })
  return [
    `${summary}\n`,
    `Usage: ${usage}\n`,
    'Options:',
    ...rows.map(([name, option]) => `  --${name.padEnd(16)} ${option.help}`),
    '\nExamples:',
    ...examples.map(example => `  ${example}`),
    ...(after === undefined ? [] : [`\n${after()}`]),
  ].join('\n')
}

export const parseCommand = (command: Command, args: readonly string[]) => {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: {
        ...Object.fromEntries(
          Object.entries(command.options).map(([name, { type, multiple }]) => [
            name,
            { type, multiple: multiple ?? false },
          ]),
        ),
        help: { type: 'boolean' },
      },
      allowPositionals: true,
    })
    return { values: values as Invocation['values'], words: positionals }
  } catch (error) {
    throw new UsageError(error instanceof Error ? (error.message.split('. ')[0] ?? '') : String(error))
  }
}
