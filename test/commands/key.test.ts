import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parseCommand } from '../../src/commands/command.ts'
import { key } from '../../src/commands/key.ts'
import { errorsOf } from '../../src/knowledge/problem.ts'
import { readMap } from '../../src/knowledge/task-map.ts'
import { root } from '../support/gateway.ts'

const run = (...args: string[]) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, 'dist/main.js'), ...args], {
    encoding: 'utf8',
    env: { PATH: process.env.PATH, COE_MAP: '/nowhere' },
  })
  return { status, stdout, stderr }
}

/** The same without a process: what is printed, or why it is not. */
const printed = async (...args: string[]): Promise<string> => {
  const lines: string[] = []
  const print = (line: string) => void lines.push(line)
  const invocation = { ...parseCommand(key, args), environment: {}, print, complain: print }
  await key.run(invocation).catch(error => lines.push(`${error.name}: ${error.message}`))
  return lines.join('\n')
}

const map = (access: string) =>
  readMap(
    '/m.yaml',
    `name: m\ncontext: [c]\ntasks: { build: { experts: [rb] } }\nexperts: { rb: { builtin: runbook } }\n${access}`,
    {},
  )

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

test('key new prints a key and, ready for the map, its hash and its limits', () => {
  const { status, stdout, stderr } = run('key', 'new', 'chatbot', '--rate', '600/m', '--concurrency', '32')
  expect([status, stderr]).toEqual([0, ''])
  const [secret = ''] = /^coe-[\w-]{43}$/m.exec(stdout) ?? []
  const { map: read, problems } = map(stdout.slice(stdout.indexOf('access:')))
  expect(errorsOf(problems)).toEqual([])
  expect(read?.access).toEqual({
    chatbot: { key: sha256(secret), rate: { amount: 600, perMs: 60_000 }, concurrency: 32 },
  })
})

test('as JSON it prints one document, whose access can stand in a map as it is', async () => {
  const made = JSON.parse(await printed('new', 'nightly', '--rate', '10/s', '--json'))
  const access = { nightly: { key: `sha256:${sha256(made.key)}`, rate: '10/s' } }
  expect(made).toEqual({ name: 'nightly', key: expect.stringMatching(/^coe-[\w-]{43}$/), access })
  expect(map(`access: ${JSON.stringify(access)}\n`).problems).toEqual([])
})

test('no two keys are alike', async () => {
  const keys = await Promise.all(Array.from({ length: 50 }, () => printed('new', 'chatbot')))
  expect(new Set(keys.map(text => /^coe-.*$/m.exec(text)?.[0])).size).toBe(50)
})

test('a name that YAML would take for a number or a truth stays the name that was given', async () => {
  for (const name of ['1e5', '0x10', 'true', 'null', '12', 'a.b-c_d']) {
    const text = await printed('new', name)
    expect(Object.keys(map(text.slice(text.indexOf('access:'))).map?.access ?? {})).toEqual([name])
  }
})

test('wrong usage makes no key, and says what is right', async () => {
  const cases: [string[], string][] = [
    [[], 'knows one thing to do: new'],
    [['old', 'x'], 'knows one thing to do: new'],
    [['new'], 'takes one name'],
    [['new', 'a', 'b'], 'takes one name'],
    [['new', 'a b'], '"a b": must be letters'],
    [['new', 'a', '--rate', 'fast'], '--rate fast: must be a rate such as 10/s'],
    [['new', 'a', '--concurrency', '0'], '--concurrency 0: '],
    [['new', 'a', '--concurrency', 'many'], '--concurrency many: '],
  ]
  for (const [args, message] of cases) {
    const text = await printed(...args)
    expect([args, text, text.includes('coe-ops')]).toEqual([args, expect.stringContaining(message), false])
  }
  expect(run('key', 'new', 'a b')).toMatchObject({
    status: 2,
    stdout: '',
    stderr: expect.stringContaining('See: coe-ops key --help'),
  })
  expect(run('key', '--help')).toMatchObject({
    status: 0,
    stdout: expect.stringContaining('coe-ops key new chatbot --rate 600/m'),
  })
})
