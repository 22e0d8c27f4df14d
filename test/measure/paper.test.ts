import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { stringify } from 'yaml'
import { bench } from '../../src/commands/bench.ts'
import { parseCommand } from '../../src/commands/command.ts'
import { shareOf } from '../../src/measure/split.ts'
import { type ExpertServer, fails, startExpert, whole } from '../support/expert-server.ts'

/** Tasks of set B that words tell apart. */
const words = {
  build: ['maven', 'compiler', 'linker', 'artefact', 'gradle', 'module', 'bytecode', 'header'],
  deploy: ['rollout', 'helm', 'canary', 'chart', 'replica', 'manifest', 'cluster', 'ingress'],
  operate: ['disk', 'certificate', 'backup', 'reboot', 'kernel', 'quota', 'socket', 'swap'],
}
type Task = keyof typeof words
const rows = Object.entries(words).flatMap(([task, [a = '', ...others]], t) =>
  Array.from({ length: 40 }, (_, i) => {
    const [b, c] = [others[i % 7], others[Math.floor(i / 7) % 7]]
    const question = `Case ${t * 40 + i}: why does the ${a} of ${b} and ${c} fail after ${'abcdefgh'[i % 8]}${i * 37}?`
    return {
      id: `${task}-${i}`,
      task: task as Task,
      question,
      options: ['w', 'x', 'y', 'z'],
      answer: 'ABCD'[i % 4],
    }
  }),
)
type Row = (typeof rows)[number]
const numberOf = ({ id }: Row) => Number(id.slice(id.indexOf('-') + 1))

/** What each model knows, exactly. */
const knows: Record<string, (row: Row) => boolean> = {
  builder: row => row.task === 'build',
  deployer: row => row.task === 'deploy' || (row.task === 'operate' && numberOf(row) % 2 === 0),
  'Qwen-14B-Chat': row => row.task === 'operate' || numberOf(row) % 4 === 0,
}

let folder = ''
let server: ExpertServer
let calls: { model: string; key: string }[] = []

const tellsTask = (prompt: string, { task }: Row): string => {
  if (prompt.includes('<example')) return `Looks like ${task}.\n**Task: [${task}]**`
  return task === 'deploy' ? '**Task: [build]**' : task === 'operate' ? 'I cannot say.' : '**Task: [build]**'
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'coe-paper-'))
  server = await startExpert()
  await writeFile(join(folder, 'questions.jsonl'), rows.map(row => JSON.stringify(row)).join('\n'))
  await writeFile(join(folder, 'context.jsonl'), '{"question": "unused", "task": "build"}\n')
  await map('map.yaml', { classifier: { expert: 'sorter' } })
})
afterAll(async () => {
  await server.close()
  await rm(folder, { recursive: true })
})
beforeEach(() => {
  calls = []
  server.behave(({ body }, response) => {
    const [{ content: system }, { content: user }] = body.messages
    const asked = user.includes('<question>') ? user.slice(user.indexOf('<question>')) : user
    const row = rows[Number(/Case (\d+):/.exec(asked)?.[1])] as Row
    calls.push({ model: body.model, key: `${body.model} ${row.id} ${user.includes('<example')}` })
    const right = 'ABCD'.indexOf(row.answer ?? '')
    const letter = 'ABCD'[knows[body.model]?.(row) === true ? right : (right + 1) % 4]
    const said = body.model === 'sorter' ? tellsTask(`${system}${user}`, row) : `the answer is (${letter})`
    response.writeHead(200, { 'content-type': 'application/json' }).end(whole(said))
  })
})

const map = (name: string, more: object) =>
  writeFile(
    join(folder, name),
    stringify({
      name: 'paper',
      context: ['context.jsonl'],
      tasks: { build: { description: 'compiling' }, deploy: { experts: ['builder'] }, operate: {}, pack: {} },
      unknown: ['builder'],
      experts: Object.fromEntries(
        ['builder', 'deployer', 'Qwen-14B-Chat', 'sorter'].map(model => [
          model === 'Qwen-14B-Chat' ? 'qwen' : model,
          { url: server.url, model, concurrency: 16 },
        ]),
      ),
      scores: { builder: { build: 0.1, operate: 0.9, pack: 0.5 } },
      ...more,
    }),
  )

const experts = ['--experts', 'builder,deployer,qwen']
const run = async (...args: string[]) => {
  const [printed, complained]: [string[], string[]] = [[], []]
  const given = ['--questions', join(folder, 'questions.jsonl'), '--map', join(folder, 'map.yaml')]
  const { values, words: named } = parseCommand(bench, ['paper', ...given, ...args])
  const code = await bench.run({
    values,
    words: named,
    environment: { COE_ENCODER: 'lexical', COE_DATA: join(folder, 'data') },
    print: text => printed.push(text),
    complain: text => complained.push(text),
  })
  return { code, text: printed.join('\n'), complained: complained.join('\n') }
}

const asked = shareOf(rows, 0.2, 1).rest
const share = (of: readonly Row[], holds: (row: Row) => boolean) => of.filter(holds).length / of.length
const best: Record<Task, string> = { build: 'builder', deploy: 'deployer', operate: 'Qwen-14B-Chat' }
const routedRight = (taskOf: (row: Row) => Task) =>
  share(asked, row => knows[best[taskOf(row)]]?.(row) === true)

test('every figure is what is known of the experts and of the classifier', async () => {
  const out = join(folder, 'out')
  const { code, text } = await run(...experts, '--json', '--report', out)
  const { sets, complete, notes } = JSON.parse(text)
  expect([code, complete, Object.keys(sets)]).toEqual([0, true, ['B']])
  const { classification: told, expertSets, ...about } = sets.B
  expect(about).toMatchObject({ tasks: ['build', 'deploy', 'operate'], context: 24, asked: 96, judged: 96 })
  expect(notes).toEqual([
    'Task set B has no questions of plan, code, test, release, monitor: it is not the whole set.',
  ])

  const [judged] = expertSets
  for (const [expert, model] of [
    ['builder', 'builder'],
    ['deployer', 'deployer'],
    ['qwen', 'Qwen-14B-Chat'],
  ] as const) {
    expect(judged.experts[expert].accuracy).toBeCloseTo(
      share(asked, row => knows[model]?.(row) === true),
      6,
    )
  }
  const single = judged.bestSingle.accuracy
  expect(judged.bestSingle.expert).toBe('deployer')
  expect(single).toBeCloseTo(judged.experts.deployer.accuracy, 9)
  const mean = Object.values<{ accuracy: number }>(judged.experts).reduce(
    (sum, { accuracy }) => sum + accuracy / 3,
    0,
  )
  expect(judged.random.accuracy).toBeCloseTo(mean, 6)
  expect(judged.trueTasks.accuracy).toBeCloseTo(1, 9)
  expect(judged.oracle.accuracy).toBe(1)

  // With context every task is told; without, deploy is taken for build, and operate fits none, as the best average does.
  expect(told.withContext).toMatchObject({ accuracy: 1, macroF1: 1, unreadable: 0, calls: 1 })
  expect(told.withoutContext.byTask).toEqual({ build: 1, deploy: 0, operate: 0 })
  expect(told.withoutContext).toMatchObject({ unreadable: 32, confusion: { operate: { unknown: 32 } } })
  expect(told.withoutContext.accuracy).toBeCloseTo(1 / 3, 9)
  const { withContext, withoutContext } = judged.byScores
  expect(withContext.accuracy).toBeCloseTo(1, 9)
  expect(withContext.gain.accuracy).toBeCloseTo(1 - single, 6)
  expect(withContext.gainPercent).toBeCloseTo((100 * (1 - single)) / single, 4)
  expect(withoutContext.byTask).toMatchObject({ build: 1, deploy: 0 })
  expect(judged.routed.withContext.accuracy).toBeCloseTo(
    routedRight(({ task }) => task),
    6,
  )
  expect(told.neighbours.accuracy).toBeGreaterThan(0.9)
  expect(judged.nearest.accuracy).toBeGreaterThan(single)
  expect(told.whenUnsure.calls).toBeGreaterThan(0)

  const page = await readFile(join(out, 'report.html'), 'utf8')
  expect(page).not.toMatch(/<script|https?:|NaN|undefined/)
  const report = await readFile(join(out, 'report.md'), 'utf8')
  expect(report).toMatch(/\| the best single expert \(deployer\) .*\| +- \|\n/)
  expect(report).toMatch(/published figures of these experts\n\n.*DevOps-Eval.*\n\n.*\n.*\n\| qwen .*77\.2 %/)
  expect(JSON.parse(await readFile(join(out, 'paper.json'), 'utf8'))).toEqual(JSON.parse(text))
})

test('nothing is paid for twice: not by a second run, nor for another set of the same experts', async () => {
  await run(...experts)
  calls = []
  const again = await run('--experts', 'builder,deployer', '--experts', 'deployer,qwen')
  expect([again.code, calls]).toEqual([0, []])
  expect(again.text).toContain('(lifecycle) of builder, deployer: who answers right')
  expect(again.text).toContain('(lifecycle) of deployer, qwen: who answers right')
  await rm(join(folder, 'data/rank'), { recursive: true })
})

test('what the classifier could not be asked is open and named; the next run asks only that', async () => {
  let left = 40
  server.behave(({ body }, response) => {
    if (body.model === 'sorter' && left-- <= 0) fails(401)(undefined as never, response)
    else response.writeHead(200, { 'content-type': 'application/json' }).end(whole('**Task: [build]** (A)'))
  })
  const first = await run(...experts, '--json')
  expect(first.code).toBe(1)
  expect(first.complained).toMatch(/Classifier "sorter": \d+ questions are open .*401/)
  expect(JSON.parse(first.text)).toMatchObject({ complete: false })
  const kept = JSON.parse(first.text).classifier.answered
  expect(kept).toBe(40)
  server.behave((received, response) => {
    calls.push({ model: received.body.model, key: String(received.body.messages[1].content) })
    response.writeHead(200, { 'content-type': 'application/json' }).end(whole('**Task: [build]** (A)'))
  })
  const second = await run(...experts, '--json')
  expect([second.code, JSON.parse(second.text).complete]).toEqual([0, true])
  expect(calls).toHaveLength(2 * 96 - kept)
  expect(new Set(calls.map(({ key }) => key)).size).toBe(calls.length)
})

test.each([
  ['builder', 'Expert "builder": 120 questions are open'],
  ['sorter', 'Classifier "sorter": 192 questions are open'],
])(
  'where %s cannot be asked nothing is judged, other answers are kept, and it is said why',
  async (down, said) => {
    await rm(join(folder, 'data/rank'), { recursive: true })
    server.behave((received, response) => {
      if (received.body.model === down) fails(401)(received, response)
      else response.writeHead(200, { 'content-type': 'application/json' }).end(whole('**Task: [build]** (A)'))
    })
    const { code, text, complained } = await run(...experts, '--report', join(folder, 'nothing'))
    expect(code).toBe(1)
    expect(text).toContain('Task set B cannot be judged: none of its questions has every answer.')
    expect(complained).toContain(said)
    expect(text).not.toContain('who answers right')
    expect(await readFile(join(folder, 'nothing/report.html'), 'utf8')).not.toMatch(/NaN|undefined/)
    const kept = JSON.parse((await run('--experts', 'deployer,qwen', '--json')).text)
    expect(kept.experts.qwen).toMatchObject({ before: 120, answered: 0 })
  },
)

test('without a classifier the neighbours alone tell the tasks apart, and that is said', async () => {
  await map('plain.yaml', {})
  const { code, text } = await run('--map', join(folder, 'plain.yaml'), ...experts, '--set', 'B', '--json')
  const { sets, classifier, notes } = JSON.parse(text)
  expect([code, classifier, Object.keys(sets.B.classification)]).toEqual([0, null, ['neighbours']])
  expect(notes.at(-1)).toContain('The map has no classifier')
})

test.each([
  [['--set', 'C'], '--set must be A (AIOps), B (lifecycle) or both, not "C".'],
  [['--set', 'A'], 'Task set A needs questions of two of its tasks at least'],
  [['--experts', 'builder'], 'two experts at least in each set'],
  [['--experts', 'builder,nobody'], 'no expert "nobody"'],
  [['--context-share', '20'], '--context-share must lie between 0 and 1'],
  [['--folds'], 'bench paper has no use for --folds.'],
  [['--max-cost', '2'], '--max-cost needs a price in the map for each expert'],
])('%j is refused, and nobody is asked', async (args, message) => {
  await expect(run(...args)).rejects.toThrow(message)
  expect(calls).toEqual([])
})
