import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readContext } from '../../../src/knowledge/context.ts'
import { InvalidFilesError } from '../../../src/knowledge/problem.ts'
import { readOutcomes } from '../../../src/measure/replay/outcomes.ts'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'coe-outcomes-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const questionsOf = async (...ids: unknown[]) => {
  const file = join(folder, 'q.jsonl')
  await writeFile(
    file,
    ids.map((id, i) => JSON.stringify({ id, question: `q${i}`, task: 'build' })).join('\n'),
  )
  return (await readContext(file)).examples
}
const read = async (csv: string, ...ids: unknown[]) => {
  const file = join(folder, 'o.csv')
  await writeFile(file, csv)
  return readOutcomes(file, await questionsOf(...ids))
}
const problemsOf = async (csv: string, ...ids: unknown[]) => {
  const error = await read(csv, ...ids).catch((thrown: unknown) => thrown)
  if (!(error instanceof InvalidFilesError)) throw new Error('was read')
  return error.problems.map(
    ({ file, line, message }) => `${file.replace(`${folder}/`, '')}:${line}: ${message}`,
  )
}

test('outcomes are found by id, whatever their order; an empty one, or a missing line, was not asked', async () => {
  const table = await read('id,a,b\n3,1,0\n1,,1\n', 1, '2', 3)
  expect(table.experts).toEqual(['a', 'b'])
  expect(table.outcomes.map(column => [...column])).toEqual([
    [-1, -1, 1],
    [1, -1, 0],
  ])
})

test('a compressed file is read as it is', async () => {
  const file = join(folder, 'o.csv.gz')
  await writeFile(file, gzipSync('id,a\n1,1\n'))
  const { outcomes } = await readOutcomes(file, await questionsOf(1))
  expect([...(outcomes[0] ?? [])]).toEqual([1])
})

test('everything that is wrong is named at once, by file and line', async () => {
  expect(await problemsOf('id,a,b\n1,1,0\n2,2,yes\n1,0,0\n9,1,1\n3,1\n4,1,1,1\n', 1, 2, 3, 4)).toEqual([
    'o.csv:3: a: must be 1, 0 or empty, not "2"',
    'o.csv:3: b: must be 1, 0 or empty, not "yes"',
    'o.csv:4: id "1" stands already in line 2',
    'o.csv:5: no question has the id "9"',
    'o.csv:6: has 2 columns, the first line has 3',
    'o.csv:7: has 4 columns, the first line has 3',
  ])
})

test('a row of several lines is named by its first, and so is what follows it, whatever ends a line', async () => {
  const csv = 'id,a\n"4\n\n4",1\n2,no\n"x\ny",1\n\n"x\ny",1\n'
  const said = [
    'o.csv:2: no question has the id "4\n\n4"',
    'o.csv:5: a: must be 1, 0 or empty, not "no"',
    'o.csv:6: no question has the id "x\ny"',
    'o.csv:9: id "x\ny" stands already in line 6',
  ]
  expect(await problemsOf(csv, 2)).toEqual(said)
  const inWindows = await problemsOf(csv.replaceAll('\n', '\r\n'), 2)
  expect(inWindows.map(problem => problem.replaceAll('\r\n', '\n'))).toEqual(said)
})

test.each([
  ['', 'o.csv:1: is empty: the first line must be id,expert,expert,…'],
  ['id\n1\n', 'o.csv:1: has no column of an expert: the first line must be id,expert,expert,…'],
  ['question,a\n1,1\n', 'o.csv:1: the first column must be id, not "question"'],
  ['id,a,a\n1,1,1\n', 'o.csv:1: expert "a" has two columns'],
  ['id,a,\n1,1,1\n', 'o.csv:1: column 3 has no name'],
])('a first line that names no experts is refused: %j', async (csv, problem) => {
  expect(await problemsOf(csv, 1)).toContain(problem)
})

test('questions without an id, or with the id of another, are named at their own line', async () => {
  expect(await problemsOf('id,a\n1,1\n', 1, undefined, 1)).toEqual([
    'q.jsonl:2: id: is missing; outcomes are joined to questions by it',
    expect.stringMatching(/^q\.jsonl:3: id: "1" stands already at .*q\.jsonl:1$/),
  ])
})

test('a file that is not there is said so', async () => {
  await expect(readOutcomes(join(folder, 'nowhere.csv'), await questionsOf(1))).rejects.toThrow(
    'cannot be read',
  )
})
