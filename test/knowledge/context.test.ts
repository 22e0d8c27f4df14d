import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { beforeEach, expect, test } from 'vitest'
import { readContext } from '../../src/knowledge/context.ts'
import { readSources } from '../../src/knowledge/sources.ts'
import { asAsked } from '../../src/retrieval/text.ts'
import { mapOf, root, userFolder } from '../support/gateway.ts'

let folder = ''
let mapPath = ''
beforeEach(async () => {
  ;({ folder, mapPath } = await userFolder(mapOf({ runbook: { builtin: 'runbook' } })))
})

const read = async (name: string, bytes: string | Uint8Array) => {
  await writeFile(join(folder, name), bytes)
  const { examples, problems } = await readContext(join(folder, name))
  return { examples, said: problems.map(({ line, column, message }) => `${line}:${column}: ${message}`) }
}

test('every bad line is named with its number, and the good ones are still read', async () => {
  const { examples, said } = await read(
    'bad.jsonl',
    [
      '{"question": "fine", "task": "build"}',
      '{"question": "no task"}',
      '{"question": "  ", "task": "build"}',
      '{"question": "cut off", "task": ',
      '',
      '{"question": 5, "task": "build"}',
      '{"question": "which?", "task": "build", "options": ["x", "y"], "answer": "C"}',
      '{"question": "where?", "task": "build", "reply": "runbooks/none.md"}',
      '{"question": "secrets?", "task": "build", "reply": "../../etc/passwd.md"}',
    ].join('\n'),
  )
  expect(examples.map(example => example.question)).toEqual(['fine'])
  expect(said).toEqual([
    '2:1: task: is missing',
    '3:1: question: must not be empty',
    expect.stringMatching(/^4:\d+: is not JSON: /),
    '6:1: question: expected string, received number',
    '7:1: answer: "C" is beyond the 2 options',
    '8:1: reply: the runbook runbooks/none.md cannot be read',
    '9:1: reply: the runbook ../../etc/passwd.md lies outside the folder of this file',
  ])
})

test('CSV, with options in columns or in one, and gzip are read like JSONL', async () => {
  const csv = 'id,question,task,A,B,answer\n1,"first, with comma",build,yes,no,B\n2,"two\nlines",deploy,,,\n'
  const { examples, said } = await read('q.csv', csv)
  expect(said).toEqual([])
  expect(examples).toMatchObject([
    { id: '1', question: 'first, with comma', task: 'build', options: ['yes', 'no'], answer: 'B' },
    { id: '2', question: 'two\nlines', task: 'deploy', options: undefined },
  ])
  expect(asAsked(examples[0]!)).toBe('first, with comma\nA. yes\nB. no')
  expect((await read('q.csv.gz', gzipSync(csv))).examples).toHaveLength(2)
  expect((await read('o.csv', 'question,task,options\nq,build,x | y\n')).examples[0]?.options).toEqual([
    'x',
    'y',
  ])
  expect((await read('bad.csv', 'question,task\na,b,c\n')).said[0]).toMatch(/^2:1: is not CSV/)
})

test('a CSV row with an empty option before another is refused: its letters would shift', async () => {
  const rows = ['a,build,yes,no,,maybe,D', 'b,build,yes,no,,,B', 'c,build,,,,,', 'd,build,,no,,,B']
  const { examples, said } = await read('gap.csv', `question,task,A,B,C,D,answer\n${rows.join('\n')}\n`)
  expect(said).toEqual([
    '2:1: options: C is empty, and one after it is not',
    '5:1: options: A is empty, and one after it is not',
  ])
  expect(examples.map(({ question, options }) => [question, options])).toEqual([
    ['b', ['yes', 'no']],
    ['c', undefined],
  ])
})

test('a CSV row of several lines is named by the line it begins in', async () => {
  const csv = 'question,task\n\n"one\n\nquestion",build\n"  \n\t",build\nlast,build\n'
  for (const text of [csv, csv.replaceAll('\n', '\r\n')]) {
    const { examples, said } = await read('long.csv', text)
    expect(said).toEqual(['6:1: question: must not be empty'])
    expect(examples.map(({ at }) => at.slice(at.lastIndexOf(':') + 1))).toEqual(['3', '8'])
  }
})

test('a file that is missing or empty says so', async () => {
  expect((await readContext(join(folder, 'nowhere.jsonl'))).problems[0]?.message).toContain('cannot be read')
  expect((await read('empty.jsonl', '\n')).said).toEqual(['1:1: holds no examples'])
})

test('a reply that names a runbook is its text, and the file is watched with the rest', async () => {
  await mkdir(join(folder, 'runbooks'), { recursive: true })
  const { examples, files } = await readSources(mapPath, {})
  expect(examples.find(example => example.reply?.runbook === 'runbooks/exit-137.md')?.reply?.text).toContain(
    'OOMKilled',
  )
  expect(files).toContain(join(folder, 'runbooks/exit-137.md'))
})

test('problems of the map and of every file it names come together, contradictions as warnings', async () => {
  await writeFile(
    join(folder, 'context.jsonl'),
    [
      '{"question": "a", "task": "build"}',
      '{"question": "a", "task": "deploy"}',
      '{"question": "b", "task": "cooking"}',
    ].join('\n'),
  )
  const { problems } = await readSources(mapPath, {})
  expect(problems.map(({ line, severity, message }) => [line, severity, message.split('(')[0]])).toEqual([
    [2, 'warning', expect.stringContaining('the same question stands as "build" at')],
    [3, 'error', 'task: the map has no task "cooking" '],
    [1, 'warning', expect.stringContaining('task "operate" has no examples')],
  ])
})

test('the same files give the same version, and any change of them another one', async () => {
  const version = async () => (await readSources(mapPath, {})).version
  const before = await version()
  expect(await version()).toBe(before)
  await writeFile(join(folder, 'runbooks/exit-137.md'), 'changed')
  expect(await version()).not.toBe(before)
})

test('a key that looks misspelt is warned of once a file, with the key that was meant; keys of your own are not', async () => {
  const row = {
    question: 'q',
    task: 'build',
    explantion: 'why',
    Lang: 'en',
    difficulty: 3,
    course: 'x',
    idx: 1,
  }
  const lines = [row, { ...row, question: 'r' }, { qustion: 's', task: 'build' }]
  await writeFile(join(folder, 'slips.jsonl'), lines.map(line => JSON.stringify(line)).join('\n'))
  const { examples, problems } = await readContext(join(folder, 'slips.jsonl'))
  expect(examples).toHaveLength(2)
  expect(problems.map(({ line, severity, message }) => [line, severity, message])).toEqual([
    [1, 'warning', '"explantion" is not a known key; did you mean "explanation"?'],
    [1, 'warning', '"Lang" is not a known key; did you mean "lang"?'],
    [3, 'warning', '"qustion" is not a known key; did you mean "question"?'],
    [3, 'error', 'question: is missing'],
  ])
  expect((await read('slips.csv', 'question,tsak,task\nq,build,build\nr,build,build\n')).said).toEqual([
    '2:1: "tsak" is not a known key; did you mean "task"?',
  ])
})

test('every shipped context is spelt as the program reads it', async () => {
  for (const name of (await readdir(join(root, 'context'))).filter(file => file.endsWith('.jsonl'))) {
    expect((await readContext(join(root, 'context', name))).problems, name).toEqual([])
  }
})

test('a line may hold the keywords of a task instead of a question, in JSON lines and in CSV', async () => {
  const keywords = async (name: string, bytes: string) => {
    await writeFile(join(folder, name), bytes)
    const { examples, keywords, problems } = await readContext(join(folder, name))
    expect(examples).toEqual([])
    return { words: keywords.map(({ task, text }) => [task, text]), said: problems.map(p => p.message) }
  }
  const words = [
    ['build', 'linker error'],
    ['build', '编译失败'],
  ]
  const line = '{"task": "build", "keywords": ["linker error", " 编译失败 ", "linker error"]}'
  expect(await keywords('words.jsonl', line)).toEqual({ words, said: [] })
  expect(await keywords('words.csv', 'task,keywords\nbuild,linker error|编译失败\n')).toEqual({
    words,
    said: [],
  })
  expect(await keywords('bad.jsonl', '{"keywords": [""]}\n{"task": "build", "keywords": "linker"}')).toEqual({
    words: [],
    said: [
      'task: is missing',
      'keywords.0: Too small: expected string to have >=1 characters',
      'keywords: expected array, received string',
    ],
  })
})

test('keywords of a task that the map does not have are named once a line', async () => {
  await writeFile(
    join(folder, 'words.jsonl'),
    '{"task": "cooking", "keywords": ["recipe", "oven"]}\n{"task": "unknown", "keywords": ["poem"]}',
  )
  const map = mapOf({ runbook: { builtin: 'runbook' } }, { context: ['context.jsonl', 'words.jsonl'] })
  await writeFile(mapPath, JSON.stringify(map))
  const { problems } = await readSources(mapPath, {})
  expect(problems.map(({ line, message }) => [line, message])).toEqual([
    [1, 'task: the map has no task "cooking" (it has: build, deploy, operate, unknown)'],
  ])
})
