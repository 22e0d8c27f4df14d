import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { writeDoc } from './doc.ts'
import { measureGrowth } from './growth.ts'
import { type Line, measure } from './measure.ts'
import { measureMemory } from './memory.ts'
import { names as all, type Options, optionsFrom } from './options.ts'
import { scratch } from './place.ts'
import { measurePolicies } from './policies.ts'
import { topOf } from './profile.ts'
import { type Result, writeResult } from './results.ts'
import { scenarios } from './scenarios.ts'
import { direct, gateway, othersInstalled, twoProcesses, yardstick } from './subjects.ts'

const print = (text: string) => void process.stdout.write(`${text}\n`)
const tell = (text: string) => void process.stderr.write(`${text}\n`)

const run = async (options: Options) => {
  const { profile, doc } = options
  const profiles = join(scratch, 'profiles')
  mkdirSync(profiles)
  const nodeFlags = profile ? ['--cpu-prof', `--cpu-prof-dir=${profiles}`] : []
  // With --doc everything that is not named is measured, growth included.
  const everything = doc && options.only.length === all.length
  const result = {
    ...(options.growth ? { lines: [] } : await measured(options, nodeFlags)),
    ...((options.growth || everything) && {
      growth: await measureGrowth({ ...options, seconds: options.growth ? options.seconds : 2, tell }),
    }),
  }
  await writeResult(options.growth ? 'growth' : 'bench', result, print)
  if (doc) await writeDoc(result, print)
  if (profile) print(topOf(profiles))
}

const measured = async (
  { only, subjects, seconds, rounds, minutes }: Options,
  nodeFlags: readonly string[],
): Promise<Result> => {
  const everybody = [direct, yardstick, gateway({ nodeFlags }), twoProcesses, ...othersInstalled()]
  const makers = everybody.filter(({ name }) => subjects?.includes(name) ?? true)
  const plan = { makers, yardstick: 'yardstick', base: 'direct', ours: ['coe-ops'], seconds, rounds, tell }
  const lines: Line[] = []
  for (const scenario of scenarios.filter(({ name }) => only.includes(name)))
    lines.push(...(await measure(scenario, plan)))
  const policies = only.includes('policies') ? await measurePolicies() : undefined
  const memory = only.includes('memory') ? await measureMemory(minutes) : undefined
  return { lines, policies, memory }
}

await run(optionsFrom(process.argv.slice(2)))
