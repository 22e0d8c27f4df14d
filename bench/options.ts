import { parseArgs } from 'node:util'
import { scenarios } from './scenarios.ts'

export type Options = {
  readonly only: readonly string[]
  readonly subjects: readonly string[] | undefined
  readonly seconds: number
  readonly rounds: number
  /** Of full load, before memory is measured. */
  readonly minutes: number
  readonly profile: boolean
  /** How cost grows, instead of the scenarios. */
  readonly growth: boolean
  readonly quick: boolean
  /** Everything, and docs/performance.md from it. */
  readonly doc: boolean
  readonly words: readonly string[]
}

export const names = [...scenarios.map(({ name }) => name), 'policies', 'memory']

const usage = `npm run bench -- [--only ${names.join(',')}] [--subjects direct,yardstick,coe-ops,Portkey,LiteLLM]
                 [--seconds 8] [--rounds 5] [--minutes 1] [--profile]
npm run bench -- --growth [--quick] [--seconds 2]   how cost grows with examples, tasks, experts, body size, connections
npm run bench -- --doc [the same]                   what is measured, put into docs/performance.md too
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
        seconds: { type: 'string' },
        rounds: { type: 'string', default: '5' },
        minutes: { type: 'string' },
        profile: { type: 'boolean', default: false },
        growth: { type: 'boolean', default: false },
        quick: { type: 'boolean', default: false },
        doc: { type: 'boolean', default: false },
      },
    })
    const only = values.only?.split(',') ?? names
    const strange = only.find(name => !names.includes(name))
    if (strange !== undefined) throw new Error(`There is no scenario "${strange}".`)
    return {
      only,
      subjects: values.subjects?.split(','),
      seconds: positive(values.seconds ?? (values.growth ? '2' : '8')),
      rounds: positive(values.rounds),
      minutes: positive(values.minutes ?? (values.doc ? '5' : '1')),
      profile: values.profile,
      growth: values.growth,
      quick: values.quick,
      doc: values.doc,
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
