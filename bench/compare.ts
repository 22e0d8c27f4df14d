import { execFileSync } from 'node:child_process'
import { symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { type Line, measure } from './measure.ts'
import { optionsFrom } from './options.ts'
import { rootPath, scratch } from './place.ts'
import { writeResult } from './results.ts'
import { scenarios } from './scenarios.ts'
import { direct, gateway } from './subjects.ts'

const print = (text: string) => void process.stdout.write(`${text}\n`)
const tell = (text: string) => void process.stderr.write(`${text}\n`)
const git = (...args: string[]) => execFileSync('git', ['-C', rootPath, ...args], { encoding: 'utf8' }).trim()

/** The base as a tree of its own beside this one, with the same modules. */
const withBase = async (revision: string, work: (root: string) => Promise<void>) => {
  const base = join(scratch, 'base')
  git('worktree', 'add', '--detach', base, revision)
  try {
    symlinkSync(join(rootPath, 'node_modules'), join(base, 'node_modules'))
    execFileSync(join(rootPath, 'node_modules/.bin/tsc'), ['-p', 'tsconfig.build.json'], { cwd: base })
    await work(base)
  } finally {
    git('worktree', 'remove', '--force', base)
  }
}

const { words, only, seconds, rounds } = optionsFrom(process.argv.slice(2))
const revision = words[0] ?? 'main'
await withBase(git('rev-parse', revision), async root => {
  const makers = [direct, gateway({ name: 'base', root }), gateway({ name: 'branch' })]
  const plan = { makers, yardstick: 'base', base: 'base', ours: ['base', 'branch'], seconds, rounds, tell }
  const lines: Line[] = []
  for (const scenario of scenarios.filter(({ name }) => only.includes(name)))
    lines.push(...(await measure(scenario, plan)))
  await writeResult('compare', { lines }, print)
})
