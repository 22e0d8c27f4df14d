import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { bench } from '../../src/commands/bench.ts'
import { type Command, parseCommand } from '../../src/commands/command.ts'
import { context } from '../../src/commands/context.ts'
import { readContext } from '../../src/knowledge/context.ts'
import { groupsOf } from '../../src/knowledge/duplicates.ts'
import { cpuMs } from '../support/cpu.ts'
import { fixtures } from '../support/gateway.ts'

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'coe-near-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const write = async (name: string, rows: object[]) => {
  const file = join(folder, name)
  await writeFile(file, rows.map(row => `${JSON.stringify(row)}\n`).join(''))
  return file
}
const run = async (command: Command, ...args: string[]) => {
  const [printed, complained]: [string[], string[]] = [[], []]
  const { values, words } = parseCommand(command, args)
  await command.run({
    values,
    words,
    environment: { COE_ENCODER: 'lexical', COE_DATA: join(folder, 'data') },
    print: text => printed.push(text),
    complain: text => complained.push(text),
  })
  return { text: printed.join('\n'), complained: complained.join('\n') }
}

const rows = [
  { question: 'The pod restarts with exit code 137 every few minutes', task: 'operate', id: 'a', mine: 1 },
  {
    question: 'Which option frees memory?',
    options: ['free()', 'malloc()', 'fork()'],
    task: 'code',
    id: 'b',
  },
  { question: 'the pod restarts, with exit code 137, every few minutes!', task: 'monitor', id: 'c' },
  {
    question: 'Which option frees memory?',
    options: ['malloc()', 'fork()', 'free()'],
    task: 'code',
    id: 'd',
  },
  {
    question: 'Which option frees memory?',
    options: ['a bicycle', 'a harbour', 'an umbrella'],
    task: 'code',
    id: 'e',
  },
  { question: 'Der Drucker druckt nicht', task: 'operate', id: 'f' },
]

test('doubles are found across case, punctuation and the order of options, and only doubles', async () => {
  const file = await write('rows.jsonl', rows)
  const { groups, doubles } = JSON.parse((await run(context, 'dedupe', file, '--json')).text)
  expect(doubles).toBe(2)
  expect(groups.map(({ others }: { others: { similarity: number }[] }) => others[0]?.similarity)).toEqual([
    1, 1,
  ])
  expect(
    groups.map(({ first, others }: { first: string; others: { at: string }[] }) => [first, others[0]?.at]),
  ).toEqual([
    [`${file}:1`, `${file}:3`],
    [`${file}:2`, `${file}:4`],
  ])
  const { text } = await run(context, 'dedupe', file)
  expect(text).toContain('[labelled operate and monitor]')
  expect(text).toContain('6 questions: 2 doubles in 2 groups.')
})

test('the file without doubles keeps every field of the lines that stay', async () => {
  const [file, out] = [await write('rows.jsonl', rows), join(folder, 'out.jsonl')]
  await run(context, 'dedupe', file, '--out', out)
  const kept = (await readFile(out, 'utf8')).trim().split('\n')
  expect(kept.map(line => JSON.parse(line))).toEqual(rows.filter(({ id }) => !['c', 'd'].includes(id)))
  await expect(run(context, 'dedupe', file, '--out', out)).rejects.toThrow('--force replaces it')
})

test('thousands of rows with a typo each find the row they come from, in seconds', async () => {
  const word = (i: number) => ((i * 2_654_435_761) % 2 ** 32).toString(36)
  const base = Array.from({ length: 2_000 }, (_, i) => ({
    question: Array.from({ length: 20 }, (_, k) => word(i * 20 + k + 1)).join(' '),
    task: 'build',
  }))
  const file = await write('many.jsonl', [
    ...base,
    ...base.map(({ question, task }) => ({ task, question: question.replace(/.$/, '#') })),
  ])
  const { examples } = await readContext(file)
  const from = cpuMs()
  const groups = groupsOf(examples, 0.9)
  expect(cpuMs() - from).toBeLessThan(10_000)
  expect(groups).toHaveLength(2_000)
  expect(groups.every(({ others }) => others.length === 1)).toBe(true)
  expect(groupsOf(examples, 0.9)).toEqual(groups)
})

test('questions that the context knows are refused, naming the pairs, until that is asked for', async () => {
  const known = join(fixtures, 'context.jsonl')
  const asked = await write('asked.jsonl', [
    { question: 'something nobody ever said of anything', task: 'build' },
    { question: 'Docker image layer-cache is never hit in the build job?', task: 'build' },
  ])
  const args = ['classify', '--context', known, '--questions', asked, '--json']
  await expect(run(bench, ...args)).rejects.toThrow(
    /1 of 2 questions stand in the context already:\n {2}.*asked\.jsonl:2 is .*context\.jsonl:3 \(\d\.\d\d\)\n.*--allow-overlap/,
  )
  const { text, complained } = await run(bench, ...args, '--allow-overlap')
  expect(JSON.parse(text).n).toBe(2)
  expect(complained).toContain('warning: 1 of 2 questions')
})

test('folds of a context with doubles are measured, and the doubles counted', async () => {
  const { examples } = await readContext(join(fixtures, 'context.jsonl'))
  const twice = examples.flatMap(({ question, task }) => [
    { question, task },
    { question: `${question}!`, task },
  ])
  const file = await write('twice.jsonl', twice)
  const { complained } = await run(bench, 'classify', '--context', file, '--folds', '--json')
  expect(complained).toContain('warning: 20 of 40 questions are nearly the same as another')
})
