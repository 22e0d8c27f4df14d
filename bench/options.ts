import { parseArgs } from 'node:util'
import { scenarios } from './scenarios.ts'

export type Options = {
  readonly only: readonly string[]
  readonly subjects: readonly string[] | undefined
  readonly seconds: number
  readonly rounds: number
  readonly profile: boolean
  readonly words: readonly string[]
}

const names = [...scenarios.map(({ name }) => name), 'policies']

const usage = `npm run bench -- [--only ${names.join(',')}] [--subjects direct,yardstick,coe-ops,Portkey,LiteLLM]
                 [--seconds 8] [--rounds 5] [--profile]
npm run bench:compare -- BASE [the same]        this tree against another branch or commit`

/** Says how it is used and ends, when it is used otherwise. */
export const optionsFrom = (args: readonly string[]): Options => {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        only: { type: 'string' },
        subjects: { type: 'string' },
        seconds: { type: 'string', default: '8' },
        rounds: { type: 'string', default: '5' },
        profile: { type: 'boolean', default: false },
      },
    })
    const only = values.only?.split(',') ?? names
    const strange = only.find(name => !names.includes(name))
    if (strange !== undefined) throw new Error(`There is no scenario "${strange}".`)
    return {
      only,
      subjects: values.subjects?.split(','),
      seconds: positive(values.seconds),
      rounds: positive(values.rounds),
      profile: values.profile,
      words: positionals,
    }
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n${usage}\n`)
    process.exit(2)
  }
}

const positive = (text: string) => {
  const number = Number(text)
  if (Number.isInteger(number) && number > 0) return number
  throw new Error(`"${text}" is no whole number above 0.`)
}
