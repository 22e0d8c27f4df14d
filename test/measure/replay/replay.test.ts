import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { bench } from '../../../src/commands/bench.ts'
import { parseCommand } from '../../../src/commands/command.ts'
import type { Result } from '../../../src/measure/replay/figures.ts'

let folder = ''
let questions = ''
let outcomes = ''

/** Three tasks that words tell apart; `all` is fair at everything, `cook` and `sail` shine at one task each. */
const words = {
  cooking: ['simmer the onion', 'knead the dough', 'roast a pumpkin', 'reduce the gravy', 'poach an egg'],
  sailing: ['reef the mainsail', 'trim the jib', 'anchor in a gale', 'tack upwind', 'moor the dinghy'],
  chess: ['castle the king', 'fork a rook', 'promote the pawn', 'pin the bishop', 'trade the queen'],
}
const right: Record<string, (task: string, i: number) => boolean> = {
  all: (_, i) => i % 10 < 5,
  cook: (task, i) => (task === 'cooking' ? i % 10 < 9 : i % 10 >= 8),
  sail: (task, i) => (task === 'sailing' ? i % 10 >= 1 : i % 10 >= 9),
}
const rows = Object.entries(words).flatMap(([task, texts]) =>
  Array.from({ length: 60 }, (_, i) => ({
    id: `${task}-${i}`,
    task,
    question: `How do I ${texts[i % 5]} ${'very '.repeat(Math.floor(i / 5))}well?`,
    fold: Math.floor(i / 5) % 5,
    i,
  })),
)

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'coe-replay-'))
  questions = join(folder, 'questions.jsonl')
  outcomes = join(folder, 'outcomes.csv')
  await writeFile(questions, rows.map(row => JSON.stringify({ ...row, i: undefined })).join('\n'))
  const names = Object.keys(right)
  const lines = rows.map(({ id, task, i }) =>
    [id, ...names.map(name => Number(right[name]?.(task, i)))].join(),
  )
  await writeFile(outcomes, [`id,${names.join()}`, ...lines].join('\n'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const run = async (...args: string[]) => {
  const printed: string[] = []
  const { values, words } = parseCommand(bench, ['replay', '--questions', questions, ...args])
  const code = await bench.run({
    values,
    words,
    environment: { COE_ENCODER: 'lexical', COE_DATA: folder },
    print: text => printed.push(text),
    complain: () => undefined,
  })
  return { code, text: printed.join('\n') }
}
const json = async (...args: string[]): Promise<Result> =>
  JSON.parse((await run('--outcomes', outcomes, '--json', ...args)).text)

test('all ways of answering stand side by side, in a report and in JSON, and routing gains what the experts differ by', async () => {
  const out = join(folder, 'out')
  const { text } = await run('--outcomes', outcomes, '--folds', '--pools', '2', '--report', out)
  expect(text).toContain('| the best single expert ')
  expect(await readFile(join(out, 'report.md'), 'utf8')).toBe(`${text}\n`)
  const page = await readFile(join(out, 'report.html'), 'utf8')
  expect(page.match(/<h2>[^<]*/g)).toEqual(
    [
      'Side by side',
      'Experts over tasks',
      'Who knows what',
      'Overall',
      'By task',
      'Random sets of experts',
    ].map(title => `<h2>${title}`),
  )
  expect(page).toContain('routed by a classifier that is right in 90.0 %')
  expect(page).not.toMatch(/<script|https?:|NaN|undefined/)
  const result: Result = JSON.parse(await readFile(join(out, 'replay.json'), 'utf8'))
  expect(result.n).toBe(180)
  expect(result.experts.all?.accuracy).toBeCloseTo(0.5, 9)
  expect(result.random.accuracy).toBeCloseTo(
    Object.values(result.experts).reduce((sum, { accuracy }) => sum + accuracy, 0) / 3,
    6,
  )
  expect(result.bestSingle).toMatchObject({ accuracy: 0.5, chosen: { all: 1 } })
  // Cooking and sailing at 0.9, chess at 0.5.
  expect(result.routedTrueLabels.accuracy).toBeCloseTo((0.9 + 0.9 + 0.5) / 3, 6)
  expect(result.routed.accuracy).toBeGreaterThan(0.72)
  expect(result.nearest?.accuracy).toBeGreaterThan(0.5)
  expect(result.oracle.accuracy).toBeGreaterThan(result.routed.accuracy)
  expect(result.gain.accuracy).toBeCloseTo(result.routed.accuracy - 0.5, 6)
  expect(result.gain.ci[0]).toBeGreaterThan(0)
  for (const { accuracy, ci } of [...Object.values(result.experts), result.random, result.oracle]) {
    expect(ci[0]).toBeLessThanOrEqual(accuracy)
    expect(ci[1]).toBeGreaterThanOrEqual(accuracy)
  }
  expect(result.classifier.accuracy).toBeGreaterThan(0.9)
  expect(result.cost).toBeNull()
  expect(result.byTask.cooking).toMatchObject({ n: 60, bestSingle: 0.5, routed: expect.closeTo(0.9, 1) })
  expect(result.pools?.n).toBe(2)
})

test('the order of a map of your own is judged as it stands, or decided on anew', async () => {
  const map = join(folder, 'map.yaml')
  const expertOf = (name: string, price: number) =>
    `  ${name}: { url: 'http://127.0.0.1:9/v1', model: m, price: { input: ${price}, output: 0 } }`
  await writeFile(
    map,
    `name: m
context: [questions.jsonl]
tasks: { cooking: { experts: [sail] }, sailing: { experts: [cook] }, chess: { experts: [all] } }
experts:
${expertOf('all', 4)}\n${expertOf('cook', 1)}\n${expertOf('sail', 2)}
scores: { all: { chess: 0.5 } }
`,
  )
  await expect(run('--outcomes', outcomes, '--map', map)).rejects.toThrow(
    /180 of 180 questions stand in the context already:\n[\s\S]*say --allow-overlap/,
  )
  const given = await json('--map', map, '--allow-overlap')
  expect(given.routed.accuracy).toBeLessThan(0.35)
  expect(given.cost).toMatchObject({ bestSingle: 4, experts: { cook: 1 } })
  const fitted = await json('--map', map, '--fit', '--allow-overlap')
  expect(fitted.routed.accuracy).toBeGreaterThan(0.72)
})

test('outcomes that are wrong are all named, and no report is begun', async () => {
  const bad = join(folder, 'bad.csv')
  const out = join(folder, 'never')
  await writeFile(bad, 'id,a,b\ncooking-0,2,1\nnowhere,1,1\n')
  await expect(run('--outcomes', bad, '--report', out)).rejects.toThrow(
    /bad\.csv:2:1: a: must be 1, 0 or empty, not "2"\n.*bad\.csv:3:1: no question has the id "nowhere"/,
  )
  await expect(readFile(join(out, 'report.md'))).rejects.toThrow('ENOENT')
})

test.each([
  [[], 'bench replay needs --questions and --outcomes.'],
  [['--outcomes', 'o.csv', '--perturb'], 'bench replay has no use for --perturb.'],
  [['--outcomes', 'o.csv', '--budget', '25'], '--budget must be a share above 0 and up to 1'],
  [['--outcomes', 'o.csv', '--map', 'm.yaml', '--pools', '3'], 'add --fit'],
  [['--outcomes', 'o.csv', '--pools', 'many'], '--pools must be a whole number'],
  [['--outcomes', 'o.csv', '--budget', '0.1', '--per-task', '3'], 'leave --per-task'],
])('%j is refused, and it is said why', async (args, message) => {
  await expect(run(...args)).rejects.toThrow(message)
})

const data = process.env.COE_TEST_DATA
test.skipIf(data === undefined)(
  'on public outcomes routing gains points and harms nobody (COE_TEST_DATA names the folder; skipped without)',
  async () => {
    const file = (name: string) => join(data ?? '', 'mmlu-pro', name)
    const { values, words } = parseCommand(bench, [
      ...['replay', '--json', '--folds', '--pools', '50', '--questions', file('questions.jsonl.gz')],
      ...['--outcomes', `${file('outcomes-mid7.csv.gz')},${file('outcomes-small7.csv.gz')}`],
    ])
    const printed: string[] = []
    const environment = { COE_ENCODER: 'lexical', COE_DATA: folder }
    const print = (text: string) => printed.push(text)
    await bench.run({ values, words, environment, print, complain: () => undefined })
    const { n, gain, pools, shareOfTrueLabels }: Result = JSON.parse(printed.join(''))
    expect(n).toBe(12_002)
    expect(gain.ci[0]).toBeGreaterThan(0.02)
    expect(shareOfTrueLabels).toBeGreaterThan(0.99)
    expect(pools?.harmed).toBeLessThanOrEqual(1)
  },
  600_000,
)
