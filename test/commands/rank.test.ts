import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { parse, stringify } from 'yaml'
import { check } from '../../src/commands/check.ts'
import { parseCommand } from '../../src/commands/command.ts'
import { rank } from '../../src/commands/rank.ts'
import { completion, type Exam, examQuestions, startExam } from '../support/exam.ts'
import { mapOf, userFolder } from '../support/gateway.ts'

let folder = ''
let mapPath = ''
let exam: Exam

beforeEach(async () => {
  exam = await startExam()
  const made = await userFolder(mapOf({ good: expert('right-90'), bad: expert('right-40') }))
  folder = made.folder
  mapPath = made.mapPath
})
afterEach(async () => {
  await exam.close()
  await rm(folder, { recursive: true, force: true })
})

const expert = (model: string, more: object = {}) => ({ url: exam.url, model, concurrency: 8, ...more })
const questions = async (rows: readonly object[], name = 'questions.jsonl') => {
  const file = join(folder, name)
  await writeFile(file, rows.map(row => JSON.stringify(row)).join('\n'))
  return file
}

const run = async (...args: string[]) => {
  const [printed, complained]: [string[], string[]] = [[], []]
  const { values, words } = parseCommand(rank, ['--map', mapPath, ...args])
  const code = await rank.run({
    values,
    words,
    environment: { COE_DATA: join(folder, 'data') },
    print: text => printed.push(text),
    complain: text => complained.push(text),
  })
  return { code, text: printed.join('\n'), complained: complained.join('\n') }
}
const checks = async (file: string) => {
  const code = await check.run({
    values: {},
    words: [file],
    environment: {},
    print: () => undefined,
    complain: () => undefined,
  })
  return code
}
const readMap = async (file = mapPath) => parse(await readFile(file, 'utf8'))

test('what the experts are worth is written into the map, and who was right into a table', async () => {
  const outcomes = join(folder, 'outcomes.csv')
  const { code, text } = await run(
    '--questions',
    await questions(examQuestions(60)),
    '--outcomes',
    outcomes,
    '--json',
  )
  const result = JSON.parse(text)
  expect(code).toBe(0)
  expect(result).toMatchObject({ complete: true, questions: 60, out: mapPath, outcomes })
  expect(result.experts.good).toMatchObject({ n: 60, unreadable: 0, open: [], answered: 60, before: 0 })
  expect(result.experts.good.accuracy).toBeGreaterThan(result.experts.bad.accuracy)
  const { scores, ranking } = await readMap()
  expect(scores.good.build).toEqual({ accuracy: expect.any(Number), n: 20 })
  expect(ranking.build).toMatchObject({ experts: ['good', 'bad'], because: expect.any(String) })
  expect(ranking.unknown.experts[0]).toBe('good')
  const [head, ...rows] = (await readFile(outcomes, 'utf8')).trimEnd().split('\n')
  expect(head).toBe('id,good,bad')
  expect(rows).toHaveLength(60)
  const right = rows.filter(row => row.split(',')[1] === '1').length
  expect(right / 60).toBeCloseTo(result.experts.good.accuracy, 12)
  expect(await checks(mapPath)).toBe(0)
})

test('no question is asked twice: not by a second run, not under another id, not with another right answer', async () => {
  const rows = examQuestions(12)
  await run('--questions', await questions(rows))
  const calls = exam.calls()
  expect(calls).toBe(24)
  const renamed = rows.map((row, i) => ({ ...row, id: `other-${i}`, answer: 'A' }))
  const { code, text } = await run('--questions', await questions(renamed), '--json')
  expect([code, exam.calls()]).toEqual([0, calls])
  expect(JSON.parse(text).experts.good).toMatchObject({ before: 12, answered: 0, n: 12 })
})

test('another model, another prompt or another question text is another measurement', async () => {
  const file = await questions(examQuestions(4))
  await run('--questions', file)
  expect(exam.calls()).toBe(8)
  const prompt = join(folder, 'prompt.md')
  await writeFile(prompt, 'Guess.\n=== user ===\n{{question}}\n')
  await run('--questions', file, '--prompt', prompt)
  expect(exam.calls()).toBe(16)
  await run(
    '--questions',
    await questions(examQuestions(4).map(row => ({ ...row, question: `${row.question} ` }))),
  )
  expect(exam.calls()).toBe(24)
  await writeFile(mapPath, stringify(mapOf({ good: expert('right-70') })))
  await run('--questions', file)
  expect(exam.calls()).toBe(28)
})

test('what fails in passing is asked again, and never counted as wrong', async () => {
  const undisturbed = join(folder, 'calm.csv')
  const file = await questions(examQuestions(80))
  await run('--questions', file, '--outcomes', undisturbed)
  await rm(join(folder, 'data'), { recursive: true })
  exam.plan.failures = 0.1
  const disturbed = join(folder, 'stormy.csv')
  const { code, text } = await run('--questions', file, '--outcomes', disturbed, '--json')
  expect(code).toBe(0)
  expect(JSON.parse(text).experts.bad.n).toBe(80)
  expect(await readFile(disturbed, 'utf8')).toBe(await readFile(undisturbed, 'utf8'))
})

test('a question that cannot be answered stays open and is named; the others count', async () => {
  exam.plan.behave = ({ question }, response) => {
    if (question !== 'q5') return false
    response.writeHead(400, { 'content-type': 'application/json' }).end('{"error":{"message":"filtered"}}')
    return true
  }
  const outcomes = join(folder, 'outcomes.csv')
  const { code, text, complained } = await run(
    ...['--questions', await questions(examQuestions(30)), '--outcomes', outcomes, '--json'],
  )
  expect(code).toBe(1)
  expect(complained).toMatch(/"good": 1 questions are open \(q5\)\. .*400.*filtered/)
  const result = JSON.parse(text)
  expect(result.complete).toBe(false)
  expect(result.experts.good.n).toBe(29)
  expect(result.experts.good.open).toEqual([{ id: 'q5', because: expect.stringContaining('filtered') }])
  expect(await readFile(outcomes, 'utf8')).toMatch(/^q5,,$/m)
  expect((await readMap()).scores.good.deploy.n).toBe(9)
})

test('an expert with a wrong key is stopped at once, the others are measured', async () => {
  await writeFile(
    mapPath,
    stringify(mapOf({ good: expert('right-90'), locked: expert('locked-1', { key: 'sk-wrong' }) })),
  )
  exam.plan.behave = ({ model }, response) => {
    if (model !== 'locked-1') return false
    response
      .writeHead(401, { 'content-type': 'application/json' })
      .end('{"error":{"message":"bad key sk-wrong"}}')
    return true
  }
  const { code, complained, text } = await run('--questions', await questions(examQuestions(30)), '--json')
  expect(code).toBe(1)
  expect(complained).toMatch(/"locked": 30 questions are open .*does not accept its key/)
  expect(complained + text).not.toContain('sk-wrong')
  expect(exam.calls()).toBe(31)
  const { scores, ranking } = await readMap()
  expect(Object.keys(scores)).toEqual(['good'])
  expect(ranking.build.experts).toEqual(['good'])
})

test('an expert that asks for a pause gets it, and loses no question', async () => {
  await writeFile(mapPath, stringify(mapOf({ good: expert('right-90') })))
  let refused = 0
  exam.plan.behave = (_sitting, response) => {
    if (exam.calls() < 5 || refused >= 8) return false
    refused++
    response.writeHead(429, { 'content-type': 'application/json', 'retry-after': '0.2' }).end('{}')
    return true
  }
  const { code } = await run('--questions', await questions(examQuestions(40)))
  expect([code, refused]).toEqual([0, 8])
})

test('one that asks for a pause of an hour is left for another run', async () => {
  exam.plan.behave = ({ model }, response) => {
    if (model !== 'right-40') return false
    response.writeHead(429, { 'content-type': 'application/json', 'retry-after': '3600' }).end('{}')
    return true
  }
  const { code, complained } = await run('--questions', await questions(examQuestions(10)))
  expect(code).toBe(1)
  expect(complained).toMatch(/"bad": 10 questions are open .*left alone for 3600 s/)
})

test('models that refuse a temperature or a limit are asked without', async () => {
  const server = exam
  let bodies = 0
  server.plan.behave = () => {
    bodies++
    return false
  }
  const { createServer } = await import('node:http')
  const strict = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const body = JSON.parse(Buffer.concat(chunks).toString())
    const bad = body.temperature !== undefined || body.max_tokens !== undefined
    response.writeHead(bad ? 400 : 200, { 'content-type': 'application/json' })
    response.end(bad ? '{"error":{"message":"unsupported"}}' : completion('The answer is (A).'))
    bodies++
  })
  await new Promise<void>(resolve => strict.listen(0, '127.0.0.1', resolve))
  const { port } = strict.address() as { port: number }
  await writeFile(mapPath, stringify(mapOf({ o: { url: `http://127.0.0.1:${port}/v1`, model: 'o' } })))
  const { code } = await run('--questions', await questions(examQuestions(6)))
  strict.close()
  expect([code, bodies]).toEqual([0, 7])
})

test('replies that cannot be read are counted apart, and are not right', async () => {
  exam.plan.behave = ({ question, model }, response) => {
    if (model !== 'right-90' || question !== 'q1') return false
    response.writeHead(200, { 'content-type': 'application/json' }).end(completion("I can't help with that."))
    return true
  }
  const { code, text } = await run('--questions', await questions(examQuestions(9)), '--json')
  expect(code).toBe(0)
  expect(JSON.parse(text).experts.good).toMatchObject({ unreadable: 1, n: 9 })
  expect(JSON.parse(text).experts.bad).toMatchObject({ unreadable: 0 })
})

test('answers in words are matched exactly, by containing, or by a pattern', async () => {
  await writeFile(mapPath, stringify(mapOf({ good: expert('right-90') })))
  exam.plan.behave = (_sitting, response) => {
    const said = 'It was killed: 128 + 9.\n\n**The answer is: `SIGKILL`.**'
    response.writeHead(200, { 'content-type': 'application/json' }).end(completion(said))
    return true
  }
  const row = (question: string, answer: string, match?: string) => ({
    question,
    task: 'build',
    answer,
    match,
    id: question,
  })
  const outcomes = join(folder, 'outcomes.csv')
  const rows = [
    row('a', 'sigkill', 'exact'),
    row('b', 'SIG', 'exact'),
    row('c', 'SIGKILL'),
    row('d', 'KILL', 'contains'),
    row('e', 'sig(kill|term)', 'regex'),
    row('f', '^SIGTERM', 'regex'),
  ]
  await run('--questions', await questions(rows), '--outcomes', outcomes)
  expect(await readFile(outcomes, 'utf8')).toBe('id,good\na,1\nb,0\nc,1\nd,0\ne,1\nf,0\n')
})

test('the money is not overdrawn, and what was paid before counts', async () => {
  const price = { input: 10, output: 20 } // 0.002 an answer
  await writeFile(mapPath, stringify(mapOf({ good: expert('right-90', { price }) })))
  const file = await questions(examQuestions(200))
  const first = await run('--questions', file, '--max-cost', '0.1', '--json')
  expect(first.code).toBe(1)
  const spent = JSON.parse(first.text).experts.good
  expect(spent.cost).toBeLessThanOrEqual(0.1)
  expect(spent.answered).toBeGreaterThan(40)
  expect(first.complained).toContain('may cost more than is left')
  const calls = exam.calls()
  const second = await run('--questions', file, '--max-cost', '0.1', '--json')
  expect(exam.calls()).toBe(calls)
  expect(JSON.parse(second.text).experts.good.cost).toBe(spent.cost)
})

test('a budget asks for so many answers and no more, goes on where it was, and leaves nothing open', async () => {
  const outcomes = join(folder, 'outcomes.csv')
  const file = await questions(examQuestions(90))
  const first = await run('--questions', file, '--budget', '60', '--outcomes', outcomes, '--json')
  expect([first.code, exam.calls()]).toEqual([0, 60])
  const { good, bad } = JSON.parse(first.text).experts
  expect([good.n + bad.n, good.open, bad.open]).toEqual([60, [], []])
  expect((await readFile(outcomes, 'utf8')).match(/,$|,,/gm)?.length).toBeGreaterThan(0)
  await run('--questions', file, '--budget', '60')
  expect(exam.calls()).toBe(60)
  await run('--questions', file, '--budget', '100')
  expect(exam.calls()).toBe(100)
})

test('what a broken expert leaves of the budget goes to the others', async () => {
  const three = { good: expert('right-90'), bad: expert('right-40'), fair: expert('right-70') }
  await writeFile(mapPath, stringify(mapOf(three)))
  exam.plan.behave = ({ model }, response) => {
    if (model !== 'right-40') return false
    response.writeHead(401, { 'content-type': 'application/json' }).end('{}')
    return true
  }
  const { code, text } = await run(
    '--questions',
    await questions(examQuestions(90)),
    '--budget',
    '90',
    '--json',
  )
  const { good, fair } = JSON.parse(text).experts
  expect([code, good.n + fair.n]).toEqual([1, 90])
})

test('comments and order of the map stay, and the old one is kept beside it', async () => {
  const before = `# ours\n${await readFile(mapPath, 'utf8')}# scores of last week\nscores: # by hand\n  bad: { build: 0.1 } # poor\n# the end\n`
  await writeFile(mapPath, before)
  await run('--questions', await questions(examQuestions(9)))
  const after = await readFile(mapPath, 'utf8')
  for (const comment of before.match(/#.*$/gm) ?? []) expect(after).toContain(comment)
  expect(after.slice(0, after.indexOf('scores:'))).toBe(before.slice(0, before.indexOf('scores:')))
  expect(await readFile(`${mapPath}.bak`, 'utf8')).toBe(before)
})

test('a map that was changed meanwhile is not written over', async () => {
  const theirs = `# edited\n${await readFile(mapPath, 'utf8')}`
  exam.plan.behave = () => {
    void writeFile(mapPath, theirs)
    return false
  }
  const file = await questions(examQuestions(6))
  const { code, complained } = await run('--questions', file)
  expect([code, await readFile(mapPath, 'utf8')]).toEqual([1, theirs])
  expect(complained).toContain('changed by somebody else')
  const calls = exam.calls()
  expect((await run('--questions', file)).code).toBe(0)
  expect(exam.calls()).toBe(calls)
  expect(await readFile(mapPath, 'utf8')).toMatch(/^# edited[\s\S]*scores:/)
})

test('a map written into another folder still finds its context', async () => {
  const other = await mkdtemp(join(tmpdir(), 'coe-rank-'))
  const out = join(other, 'deep/measured.yaml')
  const before = await readFile(mapPath, 'utf8')
  const { code } = await run(
    '--questions',
    await questions(examQuestions(6)),
    '--out',
    out,
    '--report',
    join(other, 'report'),
  )
  expect([code, await checks(out)]).toEqual([0, 0])
  expect(await readFile(mapPath, 'utf8')).toBe(before)
  expect((await readdir(other)).sort()).toEqual(['deep', 'report'])
  const page = await readFile(join(other, 'report/report.html'), 'utf8')
  expect(page).not.toMatch(/<script|https?:|NaN|undefined/)
  for (const title of ['Side by side', 'Experts over tasks', 'Who knows what', 'Whom to ask', 'Notes'])
    expect(page.split(`<h2>${title}</h2>`)).toHaveLength(2)
  await rm(other, { recursive: true })
})

test('pinned orders are told of, and taken away when that is wanted', async () => {
  const file = await questions(examQuestions(9))
  const { text } = await run('--questions', file)
  expect(text).toContain('The map pins the experts of build, deploy, operate, unknown')
  await run('--questions', file, '--unpin')
  const map = await readMap()
  expect([map.tasks.build.experts, map.unknown]).toEqual([undefined, undefined])
  expect(await checks(mapPath)).toBe(0)
})

test('a new expert joins with its own questions alone; what the others said before still counts', async () => {
  const file = await questions(examQuestions(30))
  await run('--questions', file)
  await writeFile(
    mapPath,
    stringify(mapOf({ good: expert('right-90'), bad: expert('right-40'), late: expert('right-99') })),
  )
  const calls = exam.calls()
  const { text } = await run('--questions', file, '--experts', 'late', '--json')
  expect(exam.calls() - calls).toBe(30)
  expect(Object.keys(JSON.parse(text).experts)).toEqual(['late'])
  expect((await readMap()).ranking.build.experts).toHaveLength(3)
})

test('questions of unknown are not asked, and it is said', async () => {
  const rows = [...examQuestions(3), { question: 'hi', task: 'unknown', answer: 'hello' }]
  const { code, complained } = await run('--questions', await questions(rows))
  expect([code, exam.calls()]).toEqual([0, 6])
  expect(complained).toContain('1 questions of "unknown" are not asked')
})

const fine = '{"id": "a", "question": "q", "task": "build", "options": ["x", "y"], "answer": "B"}'
test.each([
  [
    '{"id": "b", "question": "p", "task": "build", "options": ["x", "y"], "answer": "C"}',
    ':2:1: answer: "C" is beyond the 2 options',
  ],
  ['{"id": "b", "question": "p", "task": "build", "options": ["x", "y"]}', ':2:1: answer: is missing'],
  [
    '{"id": "b", "question": "p", "task": "build", "options": ["x", "y"], "answer": "1"}',
    ':2:1: answer: must be the letter',
  ],
  [
    '{"id": "a", "question": "p", "task": "build", "options": ["x", "y"], "answer": "A"}',
    ':2:1: id: "a" stands at',
  ],
  [
    '{"id": "b", "question": "q", "task": "build", "options": ["x", "y"], "answer": "A"}',
    ':2:1: answer: the same question stands at',
  ],
  [
    '{"id": "b", "question": "p", "task": "bake", "options": ["x", "y"], "answer": "A"}',
    ':2:1: task: the map has no task "bake" (it has: build',
  ],
  ['{"id": "b", "task": "build", "answer": "A"}', ':2:1: question: is missing'],
  [
    '{"id": "b", "question": "p", "task": "build", "answer": "(", "match": "regex"}',
    ':2:1: answer: is no regular expression',
  ],
  [
    '{"id": "b", "question": "p", "task": "build", "options": ["x"], "answer": "A"}',
    ':2:1: options: needs two',
  ],
  ['not json', ':2:1: is not JSON'],
])('%s is named by its line, and nothing is asked or written', async (line, message) => {
  const file = join(folder, 'bad.jsonl')
  await writeFile(file, `${fine}\n${line}\n`)
  const before = await readFile(mapPath, 'utf8')
  await expect(run('--questions', file)).rejects.toThrow(message)
  expect([exam.calls(), await readFile(mapPath, 'utf8')]).toEqual([0, before])
})

test('a column that is missing is said once, and CSV with letters for columns is read', async () => {
  const bad = join(folder, 'bad.csv')
  await writeFile(bad, 'id,question,task,A,B\n1,what,build,x,y\n2,where,build,x,y\n')
  await expect(run('--questions', bad)).rejects.toThrow(/bad\.csv:\d:1: no row has "answer"[^\n]*$/)
  const good = join(folder, 'good.csv')
  await writeFile(
    good,
    'id,question,task,A,B,answer\n1,Question 1: what,build,x,y,a\n2,Question 2: where,build,x,y,B\n',
  )
  expect((await run('--questions', good)).code).toBe(0)
})

test.each([
  [[], 'rank needs --questions'],
  [
    ['--questions', 'q', '--experts', 'nobody'],
    'no expert "nobody" behind a url to be measured (it has: good, bad)',
  ],
  [
    ['--questions', 'q', '--max-cost', '1'],
    '--max-cost needs a price in the map for each expert; there is none for good, bad',
  ],
  [['--questions', 'q', '--max-cost', 'x'], '--max-cost must be a sum'],
  [['--questions', 'q', '--concurrency', '0'], '--concurrency must be a whole number'],
  [['--questions', 'nowhere.jsonl'], 'nowhere.jsonl:1:1: cannot be read'],
])('%j is refused, and it is said why', async (args, message) => {
  await expect(run(...args)).rejects.toThrow(message)
})
