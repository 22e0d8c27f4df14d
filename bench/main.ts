import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { type Line, measure } from './measure.ts'
import { type Options, optionsFrom } from './options.ts'
import { scratch } from './place.ts'
import { measurePolicies } from './policies.ts'
import { topOf } from './profile.ts'
import { writeResult } from './results.ts'
import { scenarios } from './scenarios.ts'
import { direct, gateway, othersInstalled, yardstick } from './subjects.ts'

const print = (text: string) => void process.stdout.write(`${text}\n`)
const tell = (text: string) => void process.stderr.write(`${text}\n`)

const run = async ({ only, subjects, seconds, rounds, profile }: Options) => {
  const profiles = join(scratch, 'profiles')
  mkdirSync(profiles)
  const nodeFlags = profile ? ['--cpu-prof', `--cpu-prof-dir=${profiles}`] : []
  const all = [direct, yardstick, gateway({ nodeFlags }), ...othersInstalled()]
  const makers = all.filter(({ name }) => subjects?.includes(name) ?? true)
  const plan = { makers, yardstick: 'yardstick', base: 'direct', ours: ['coe-ops'], seconds, rounds, tell }
  const lines: Line[] = []
  for (const scenario of scenarios.filter(({ name }) => only.includes(name)))
    lines.push(...(await measure(scenario, plan)))
  const policies = only.includes('policies') ? await measurePolicies() : undefined
  writeResult('bench', { lines, policies }, print)
  if (profile) print(topOf(profiles))
}

await run(optionsFrom(process.argv.slice(2)))
