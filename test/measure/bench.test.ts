import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { bench } from '../../src/commands/bench.ts'
import { parseCommand } from '../../src/commands/command.ts'
import { says, startExpert } from '../support/expert-server.ts'
import { fixtures, mapOf, remote, userFolder } from '../support/gateway.ts'

const context = join(fixtures, 'context.jsonl')
let folder = ''

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'coe-bench-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** The command as the program runs it, with the lexical encoder. */
const run = async (...args: string[]) => {
  const printed: string[] = []
  const { values, words } = parseCommand(bench, ['classify', ...args])
  const code = await bench.run({
    values,
    words,
    environment: { COE_ENCODER: 'lexical', COE_DATA: folder },
    print: text => printed.push(text),
    complain: () => undefined,
  })
  return { code, text: printed.join('\n') }
}
const json = async (...args: string[]) => JSON.parse((await run(...args, '--json')).text)

test('a context that is asked its own questions knows them', async () => {
  const result = await json('--context', context, '--questions', context, '--allow-overlap')
  expect(result).toMatchObject({ n: 20, examples: 20, encoder: 'lexical', classifierCalls: 0 })
  expect(result.accuracyOfFirst).toBe(1)
  expect(Object.keys(result.coverage)).toEqual(['0.02', '0.05', '0.10'])
  expect(result.latencyMs.search.p99).toBeGreaterThan(0)
  expect(result.prepareMs).toBeGreaterThan(0)
})

test('five folds are reported one after the other, with their mean', async () => {
  const { folds, mean } = await json('--context', context, '--folds')
  expect(folds.map(({ name }: { name: string }) => name)).toEqual([
    'fold 0',
    'fold 1',
    'fold 2',
    'fold 3',
    'fold 4',
  ])
  expect(mean.n).toBe(20)
  const accuracies = folds.map(({ accuracy }: { accuracy: number }) => accuracy)
  expect(mean.accuracy).toBeCloseTo(accuracies.reduce((a: number, b: number) => a + b) / 5, 12)
})

test('the same seed gives the same figures', async () => {
  const figures = async () => {
    const { mean } = await json('--context', context, '--share', '2', '--draws', '3', '--perturb')
    return { accuracy: mean.accuracy, ece: mean.ece, confusion: mean.confusion, perturbed: mean.perturbed }
  }
  const once = await figures()
  expect(await figures()).toEqual(once)
  expect(Object.keys(once.perturbed)).toEqual([
    'none',
    'typos',
    'case',
    'politeness',
    'log',
    'trace',
    'punctuation',
    'keywords',
  ])
})

test('tasks held out of the context count as unknown', async () => {
  const result = await json(
    '--context',
    context,
    '--questions',
    context,
    '--without',
    'operate',
    '--allow-overlap',
  )
  expect(result.byTask.operate).toBeUndefined()
  expect(result.unknown.n).toBeGreaterThan(result.examples / 10)
  expect(result.unknown.auroc).toBeGreaterThan(0.5)
})

test('the classifier of a map is asked when the neighbours are unsure, and counted', async () => {
  await using expert = await startExpert(says('**Task: [deploy]**'))
  const { folder: theirs, mapPath } = await userFolder(mapOf({ judge: remote(expert.url) }))
  const result = await json(
    '--map',
    mapPath,
    '--questions',
    context,
    '--classifier',
    'judge',
    '--allow-overlap',
  )
  expect(result.classifierCalls).toBe(20)
  expect(result.classifierFailed).toBe(0)
  expect(result.byTask.deploy.recall).toBe(1)
  expect(result.decidedBy).toEqual({ classifier: expect.closeTo(1, 9) })
  await rm(theirs, { recursive: true })
})

test('a report is written as Markdown and as a page that loads nothing', async () => {
  const out = join(folder, 'report')
  const { text } = await run('--context', context, '--folds', '--report', out)
  expect(await readFile(join(out, 'report.md'), 'utf8')).toBe(`${text}\n`)
  const page = await readFile(join(out, 'report.html'), 'utf8')
  expect(page).toContain('aria-label="Confusion of tasks"')
  expect(page).toContain('aria-label="Confidence against share right"')
  expect(page).not.toMatch(/<script|https?:|url\(|NaN|undefined/)
})

test('a name in a page stays a name', async () => {
  const file = join(folder, 'hostile.jsonl')
  await writeFile(
    file,
    [1, 2, 3, 4, 5, 6]
      .map(i => JSON.stringify({ question: `q${i}`, task: i % 2 ? '<script>x' : 'a|b' }))
      .join('\n'),
  )
  const out = join(folder, 'hostile')
  const { text } = await run('--context', file, '--questions', file, '--report', out, '--allow-overlap')
  expect(await readFile(join(out, 'report.html'), 'utf8')).not.toContain('<script')
  expect(text).toContain('a\\|b')
})

test.each([
  [['--folds'], 'bench needs --context or --map.'],
  [['--context', context], 'bench needs --questions, --folds or --share.'],
  [['--context', context, '--folds', '--share', '5'], '--folds and --share exclude each other.'],
  [['--context', context, '--folds', '--questions', 'other.jsonl'], 'leave --questions out'],
  [['--context', context, '--share', 'x'], '--share must be a whole number from 1 on, not "x".'],
  [['--context', context, '--folds', '--classifier', 'judge'], '--classifier needs the --map'],
  [['--context', 'nowhere.jsonl', '--folds'], 'nowhere.jsonl:1:1: cannot be read'],
  [['--context', context, '--folds', '--without', 'law'], 'no task "law" to hold out (it has: build, deploy'],
])('%j is refused, and it is said why', async (args, message) => {
  await expect(run(...args)).rejects.toThrow(message)
})

test('a bad line is named with its number', async () => {
  const file = join(folder, 'bad.jsonl')
  await writeFile(file, '{"question": "fine", "task": "build"}\n{"question": "no task"}\n')
  await expect(run('--context', file, '--folds')).rejects.toThrow('bad.jsonl:2:1: task: is missing')
})

const data = process.env.COE_TEST_DATA
test.skipIf(data === undefined)(
  'on public questions it keeps what it promises (COE_TEST_DATA names the folder; skipped without)',
  async () => {
    const { mean } = await json('--context', join(data ?? '', 'mmlu-pro/questions.jsonl.gz'), '--folds')
    expect(mean.n).toBe(12_002)
    expect(mean.accuracyOfFirst).toBeGreaterThan(0.8)
    for (const allowed of [0.02, 0.05, 0.1]) {
      expect(mean.coverage[allowed.toFixed(2)].error).toBeLessThan(allowed + 0.01)
    }
  },
  600_000,
)
