import { spawnSync } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { mapOf, root, userFolder } from '../support/gateway.ts'

const run = (args: string[], environment: Record<string, string> = {}, input = '') => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, 'dist/main.js'), ...args], {
    encoding: 'utf8',
    input,
    env: { PATH: process.env.PATH, COE_ENCODER: 'lexical', ...environment },
  })
  return { status, stdout, stderr }
}

const user = async () => {
  const made = await userFolder(mapOf({ runbook: { builtin: 'runbook' } }))
  return { ...made, environment: { COE_MAP: made.mapPath, COE_DATA: join(made.folder, 'data') } }
}

test('help shows every command and option, with examples, and needs no map', () => {
  const { status, stdout } = run(['--help'])
  expect(status).toBe(0)
  for (const command of ['serve', 'check', 'route', 'context']) {
    expect(stdout).toContain(command)
    const help = run([command, '--help'], { COE_MAP: '/nowhere' })
    expect([help.status, help.stdout.includes('Examples:'), help.stdout.includes('Usage: coe-ops')]).toEqual([
      0,
      true,
      true,
    ])
  }
  expect(run(['serve', '--help']).stdout).toContain('COE_API_KEYS')
})

test('wrong usage ends with 2 and says where the help is', () => {
  expect(run(['cook'])).toMatchObject({
    status: 2,
    stderr: expect.stringContaining('There is no command "cook"'),
  })
  expect(run(['check', '--colour'])).toMatchObject({
    status: 2,
    stderr: expect.stringContaining('check --help'),
  })
  expect(run(['route'])).toMatchObject({ status: 2, stderr: expect.stringContaining('needs a question') })
  expect(run([])).toMatchObject({ status: 2 })
})

test('check ends with 0 for a good map and 1 for a bad one, naming every problem', async () => {
  const { mapPath, environment } = await user()
  expect(run(['check'], environment)).toMatchObject({
    status: 0,
    stdout: expect.stringContaining('test: fine. 3 tasks, 1 expert, 20 examples, '),
  })
  await writeFile(mapPath, 'name: x\ncontext: [context.jsonl]\ntasks: { a: {} }\nexperts: {}\n')
  const bad = run(['check', mapPath, '--json'])
  expect(bad.status).toBe(1)
  expect(JSON.parse(bad.stdout)).toMatchObject({ ok: false, problems: [{ line: 4, severity: 'error' }] })
})

test('route prints the task, how it was decided and the order of experts, and as JSON nothing else', async () => {
  const { environment } = await user()
  const words = run(['route', 'my pod restarts with exit code 137'], environment)
  expect(words.stdout).toMatch(/task +operate/)
  expect(words.stdout).toMatch(/experts +runbook/)
  expect(words.stdout).toContain('my pod restarts with exit code 137 every few minutes')
  const { stdout, status } = run(['route', '-', '--json'], environment, 'npm ci: lock file out of sync\n')
  expect(status).toBe(0)
  expect(JSON.parse(stdout)).toMatchObject({
    task: 'build',
    experts: ['runbook'],
    neighbours: expect.any(Array),
  })
})

test('context stats judges every example without itself', async () => {
  const { environment } = await user()
  const stats = JSON.parse(run(['context', 'stats', '--json'], environment).stdout)
  expect(stats).toMatchObject({ examples: 20, leaveOneOut: { of: 20 } })
  expect(stats.tasks.map((task: { task: string; examples: number }) => [task.task, task.examples])).toEqual([
    ['build', 5],
    ['deploy', 5],
    ['operate', 5],
    ['unknown', 5],
  ])
  expect(run(['context', 'stats'], environment).stdout).toContain('Leave-one-out task accuracy')
})
