import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { parseCommand } from '../../src/commands/command.ts'
import { context } from '../../src/commands/context.ts'
import { readContext } from '../../src/knowledge/context.ts'

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'coe-import-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const write = async (path: string, content: string | Buffer) => {
  const file = join(folder, path)
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, content)
  return file
}

const run = async (...args: string[]) => {
  const [printed, complained]: [string[], string[]] = [[], []]
  const { values, words } = parseCommand(context, args)
  const code = await context.run({
    values,
    words,
    environment: {},
    print: text => printed.push(text),
    complain: text => complained.push(text),
  })
  return { code, text: printed.join('\n'), complained: complained.join('\n') }
}

const out = () => join(folder, 'out.jsonl')
const rowsIn = async (file: string) =>
  (await readFile(file, 'utf8'))
    .trim()
    .split('\n')
    .map(line => JSON.parse(line))
const imported = async (...args: string[]) => {
  await run('import', ...args, '--out', out())
  return rowsIn(out())
}

const exam = (rows: string[]) => ['id,question,A,B,C,D,answer,explanation', ...rows, ''].join('\n')

test('the folders of DevOps-Eval become rows of ours: task by file name, split by folder', async () => {
  await write(
    'exam/dev/UnitTesting.csv',
    exam(['0,Who calls a mock?,the test,nobody,the user,a cron job,A,because']),
  )
  await write('exam/test/UnitTesting.csv', exam(['0,What is a stub?,a double,a leaf,a log,a pod,A,']))
  await write('exam/test/C:C++.csv', exam(['0,What does delete do?,frees,locks,forks,waits,A,']))
  await write('exam/README.md', 'not a question')
  await write('exam/test/.hidden.csv', 'not,a,question')
  const names = await write(
    'names.json',
    JSON.stringify({
      'UnitTesting.csv': ['unit testing', '', {}, 'TEST'],
      'C:C++.csv': ['c', '', {}, 'CODE'],
    }),
  )
  const rows = await imported(join(folder, 'exam'), '--tasks', names)
  expect(rows).toEqual([
    {
      id: 'dev-unit-testing-0',
      question: 'Who calls a mock?',
      task: 'test',
      options: ['the test', 'nobody', 'the user', 'a cron job'],
      answer: 'A',
      source: 'dev/UnitTesting.csv',
    },
    {
      id: 'test-c-c-0',
      question: 'What does delete do?',
      task: 'code',
      options: ['frees', 'locks', 'forks', 'waits'],
      answer: 'A',
      source: 'test/C:C++.csv',
    },
    {
      id: 'test-unit-testing-0',
      question: 'What is a stub?',
      task: 'test',
      options: ['a double', 'a leaf', 'a log', 'a pod'],
      answer: 'A',
      source: 'test/UnitTesting.csv',
    },
  ])
  const onlyTest = await run(
    'import',
    join(folder, 'exam'),
    '--split',
    'dev',
    '--out',
    join(folder, 'dev.jsonl'),
    '--json',
  )
  expect(JSON.parse(onlyTest.text)).toMatchObject({
    rows: 1,
    tasks: [{ task: 'unit-testing', rows: 1, withAnswer: 1 }],
  })
})

test('OpsEval: choices, several right answers, options below the question, and answers in words', async () => {
  await write(
    'data/Wired Network.json',
    JSON.stringify(
      [
        {
          id: 'w-0',
          question: 'Which layer routes?',
          choices: ['two', 'three'],
          answer: 'B',
          topic: ['Layers'],
        },
        {
          id: 'w-1',
          question: 'Which two are private?',
          choices: ['10/8', '8/8', '192.168/16'],
          answer: 'A,C',
        },
        { question: 'Which command lists routes?\nA. ip route\nB. ip link', id: 'w-2', answer: 'A' },
        { question: 'What is a log level?', id: 'w-3', answer: 'How grave a message is.' },
        { question: 'Which number?', choices: ['one', 'two'], answer: 1 },
      ],
      null,
      2,
    ),
  )
  const rows = await imported(join(folder, 'data'))
  expect(
    rows.map(({ task, answer, options, reply, id }) => [id, task, answer, options?.length, reply]),
  ).toEqual([
    ['w-0', 'wired-network', 'B', 2, undefined],
    ['w-1', 'wired-network', undefined, 3, undefined],
    ['w-2', 'wired-network', 'A', 2, undefined],
    ['w-3', 'wired-network', undefined, undefined, 'How grave a message is.'],
    ['wired-network-line-34', 'wired-network', 'B', 2, undefined],
  ])
  expect(rows[2].question).toBe('Which command lists routes?')
  const { text } = await run('import', join(folder, 'data'), '--out', out(), '--force')
  expect(text).toContain('1 have several right options')
})

test('MMLU has no header, and its split is in the file name; a .gz is read as it is', async () => {
  await write(
    'mmlu/test/computer_security_test.csv.gz',
    gzipSync(
      'What does a firewall do?,filters,cooks,sings,sleeps,A\n"Which, of these, is a hash?",AES,SHA-256,RSA,DH,B\n',
    ),
  )
  const rows = await imported(join(folder, 'mmlu'))
  expect(rows.map(({ question, task, answer }) => [question, task, answer])).toEqual([
    ['What does a firewall do?', 'computer-security', 'A'],
    ['Which, of these, is a hash?', 'computer-security', 'B'],
  ])
})

test('OWL keeps the domain in a column or in the file name', async () => {
  const file = await write(
    'owl/middleware.csv',
    'question,A,B,answer,domain\nWhat queues?,Kafka,grep,A,System Software\n',
  )
  expect((await imported(file))[0].task).toBe('system-software')
  const bare = await write(
    'owl/operating_system.csv',
    'question,A,B,answer\nWhat schedules?,the kernel,a shell,A\n',
  )
  expect((await imported(bare, '--format', 'owl', '--force'))[0].task).toBe('operating-system')
})

test('any CSV or JSON lines, with their columns named; semicolons and tabs are seen', async () => {
  const csv = await write('tickets.csv', '\ufeffNr;Frage;Thema\n7;"Drucker druckt; nicht";Netz\n')
  expect(await imported(csv, '--columns', 'question=Frage,task=Thema,id=Nr')).toEqual([
    { id: '7', question: 'Drucker druckt; nicht', task: 'Netz', source: 'tickets.csv' },
  ])
  const lines = await write(
    'rows.jsonl',
    '{"prompt": "disk full", "category": "operate"}\n\n{"prompt": "no space", "category": "operate"}\n',
  )
  expect((await imported(lines, '--force')).map(({ question, task }) => [question, task])).toEqual([
    ['disk full', 'operate'],
    ['no space', 'operate'],
  ])
})

test('every bad row is named with file and line, and then nothing is written', async () => {
  const csv = await write(
    'bad.csv',
    exam([
      '1,"two\nlines",x,y,z,w,A,',
      '2,beyond,x,y,,,C,',
      '3,,x,y,z,w,A,',
      '4,gap,x,,z,w,A,',
      '2,twice,x,y,z,w,A,',
      '1,twice as well,x,y,z,w,A,',
      '8,nonsense,x,y,z,w,Q!,',
      '9,too many,x,y,z,w,A,,,,',
    ]),
  )
  const json = await write(
    'bad.json',
    '[\n  {"question": "fine", "choices": ["a", "b"], "answer": "A"},\n  {"question": oops},\n  7\n]',
  )
  const refused = await run('import', csv, json, '--out', out()).catch((error: Error) => error.message)
  const said = String(refused).replaceAll(`${folder}/`, '')
  expect(said.split('\n').map(line => line.replace(/^.*?(bad\.)/, '$1'))).toEqual([
    'bad.csv:4:1: answer: "C" is beyond the 2 options',
    'bad.csv:5:1: question: is empty or missing',
    'bad.csv:6:1: options: B is empty',
    'bad.csv:8:1: id: "1" stands at line 2 as well',
    'bad.csv:9:1: answer: "Q!" is neither a letter nor one of the options',
    'bad.csv:10:1: has 11 columns where the header has 8 (a comma without quotes?)',
    expect.stringMatching(/^bad\.json:3:1: is not JSON: /),
    'bad.json:4:1: line: is not an object',
  ])
  expect((await readdir(folder)).sort()).toEqual(['bad.csv', 'bad.json'])
  const { text, complained } = await run('import', csv, json, '--skip-bad', '--out', out())
  expect(complained.split('\n')).toHaveLength(8)
  expect(text).toContain('3 rows from 2 files')
})

test('what cannot be a task is said, and a mapping can name it', async () => {
  const file = await write('故障.csv', exam(['0,What fell?,disk,net,a,b,A,']))
  await expect(run('import', file, '--out', out())).rejects.toThrow(
    '"故障" cannot be the name of a task; --tasks can give it one',
  )
  const mapping = await write('tasks.yaml', '故障: root-cause-analysis\n')
  expect((await imported(file, '--tasks', mapping))[0].task).toBe('root-cause-analysis')
  const other = await write('tasks.csv', 'name,task\nelsewhere,build\n')
  await expect(run('import', file, '--out', out(), '--force', '--tasks', other)).rejects.toThrow(
    '--tasks says nothing of "故障"',
  )
  const wrong = await write('wrong.yaml', 'a: fine\nb: not a task\n')
  await expect(run('import', file, '--out', out(), '--force', '--tasks', wrong)).rejects.toThrow(
    'wrong.yaml:2:',
  )
})

test('a share of each task becomes context, the rest questions; near doubles stay together; the seed decides', async () => {
  const topics = ['disk', 'pods', 'dns']
  const rows = topics.flatMap(task =>
    Array.from({ length: 50 }, (_, i) =>
      JSON.stringify({
        id: `${task}-${i}`,
        question: `${task} question ${'abcdefghij'[i % 10]?.repeat(9)} ${i * 7919}`,
        task,
      }),
    ),
  )
  const doubles = rows
    .slice(0, 10)
    .map(row => row.replace('"disk-', '"double-').replace('disk question', 'DISK question,'))
  const file = await write('all.jsonl', [...rows, ...doubles].join('\n'))
  const split = async (seed: string) => {
    await run('import', file, '--share', '0.2', '--seed', seed, '--out', out(), '--force')
    return {
      known: await rowsIn(join(folder, 'out.context.jsonl')),
      asked: await rowsIn(join(folder, 'out.questions.jsonl')),
    }
  }
  const { known, asked } = await split('1')
  expect(topics.map(topic => known.filter(({ task }) => task === topic).length)).toEqual([12, 10, 10])
  expect(known.length + asked.length).toBe(160)
  const ids = new Set(known.map(({ id }) => id))
  const together = doubles.map((_, i) => [ids.has(`disk-${i}`), ids.has(`double-${i}`)])
  expect(together.filter(([one, other]) => one !== other)).toEqual([])
  expect(together).toContainEqual([true, true])
  expect(await split('1')).toEqual({ known, asked })
  expect((await split('2')).known).not.toEqual(known)
})

test('what is written is read back without a problem, and a file of ours is never replaced unasked', async () => {
  const file = await write('a.csv', exam(['0,one?,a,b,c,d,A,']))
  const zipped = join(folder, 'out.jsonl.gz')
  await run('import', file, '--task', 'build', '--out', zipped)
  expect((await readContext(zipped)).problems).toEqual([])
  expect(gunzipSync(await readFile(zipped)).toString()).toContain('"task":"build"')
  await expect(run('import', file, '--out', zipped)).rejects.toThrow('is there already; --force replaces it')
  expect((await run('import', file, '--out', zipped, '--force')).code).toBe(0)
  const again = JSON.parse((await run('import', folder, '--out', zipped, '--force', '--json')).text)
  expect(again).toMatchObject({ rows: 1, files: [{ file }] })
  await expect(run('import', file, '--share', '0.5', '--out', out())).rejects.toThrow(
    'too few rows to divide',
  )
  expect((await readdir(folder)).filter(name => name.includes('tmp'))).toEqual([])
})

test.each([
  [['import', '--out', 'x'], 'needs a file or folder to read'],
  [['import', 'a.csv'], 'needs --out FILE'],
  [
    ['import', 'a.csv', '--out', 'x', '--format', 'xml'],
    '--format must be one of auto, devops-eval, opseval',
  ],
  [['import', 'a.csv', '--out', 'x', '--columns', 'fish=Fisch'], '"fish=Fisch" is not one of question'],
  [['import', 'a.csv', '--out', 'x', '--share', '20'], '--share must lie between 0 and 1'],
  [['import', 'a.csv', '--out', 'x', '--task', 'a b'], 'cannot be the name of a task'],
  [['import', 'nowhere.csv', '--out', 'x'], 'nowhere.csv:1:1: cannot be read'],
  [['dedupe', 'a.jsonl', '--near', '2'], '--near must lie between 0.7 and 1'],
  [['stats', '--near', '0.9'], 'context stats has no option --near'],
  [['paint'], 'not "paint"'],
])('%j is refused, and it is said why', async (args, message) => {
  await expect(run(...args)).rejects.toThrow(message)
})
