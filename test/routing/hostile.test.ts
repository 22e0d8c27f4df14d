import { appendFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import type { Snapshot } from '../../src/knowledge/snapshot.ts'
import { readSources } from '../../src/knowledge/sources.ts'
import { promptFor } from '../../src/routing/classify.ts'
import { nothingFound } from '../../src/routing/decide.ts'
import { readTask } from '../../src/routing/read-task.ts'
import { mapOf, userFolder } from '../support/gateway.ts'
import { hostile, tagsIn } from '../support/hostile.ts'

const experts = { runbook: { builtin: 'runbook' } }
const fence = ['<question>', '</question>']
let snapshot: Snapshot
let harmless: { system: string; user: string }
/** Where each hostile question stands among the examples. */
let rows: Map<string, number>

beforeAll(async () => {
  const { folder, mapPath } = await userFolder(mapOf(experts))
  const lines = hostile.map(({ question }, i) =>
    JSON.stringify({ question, task: i % 2 === 0 ? 'deploy' : 'unknown' }),
  )
  await appendFile(join(folder, 'context.jsonl'), `${lines.join('\n')}\n`)
  const sources = await readSources(mapPath, {})
  expect(sources.problems.filter(({ severity }) => severity === 'error')).toEqual([])
  snapshot = sources as unknown as Snapshot
  harmless = promptFor(snapshot, 'my pod restarts', nothingFound)
  rows = new Map(sources.examples.map(({ question }, row) => [question, row]))
})

const near = (...questions: readonly string[]) => ({
  ...nothingFound,
  neighbours: () =>
    questions.flatMap(question => {
      const row = rows.get(question.trim()) ?? rows.get(question)
      return row === undefined ? [] : [{ row, similarity: 1, dense: 1, lexical: 1 }]
    }),
})

test('the corpus is large enough and speaks more than one language', () => {
  expect(hostile.length).toBeGreaterThanOrEqual(70)
  expect(new Set(hostile.map(({ question }) => question)).size).toBe(hostile.length)
  expect(hostile.filter(({ lang }) => lang === 'zh').length).toBeGreaterThanOrEqual(10)
})

test.each(hostile)('$id ($kind) stays inside the one fence and changes no instruction', ({ question }) => {
  const prompt = promptFor(snapshot, question, nothingFound)
  expect(prompt.system).toBe(harmless.system)
  expect(tagsIn(prompt.user)).toEqual(fence)
  const [before, after] = harmless.user.split('\nmy pod restarts\n')
  expect(prompt.user.startsWith(before!) && prompt.user.endsWith(after!)).toBe(true)
  expect(prompt.user).not.toMatch(/[\p{Cf}\p{Cs}\p{Default_Ignorable_Code_Point}]|[^\P{Cc}\n\t]/u)
  expect(prompt.user.length).toBeLessThan(6_500)
})

test.each(hostile)('$id ($kind) as an example stays on its line, inside its fence', ({ question }) => {
  const nearest = near(question)
  expect(nearest.neighbours()).toHaveLength(1)
  const { system, user } = promptFor(snapshot, 'my pod restarts', nearest)
  expect(system).toBe(harmless.system)
  const task = snapshot.examples[nearest.neighbours()[0]!.row]!.task
  expect(tagsIn(user)).toEqual([`<exampletask="${task}">`, '</example>', ...fence])
  expect(user.split('\n').length).toBe(harmless.user.split('\n').length)
})

test.each(hostile)('$id ($kind) as a reply names a task of the list or none', ({ question, demands }) => {
  const listed = [...snapshot.map.tasks.keys(), 'unknown', undefined]
  const { system, user } = promptFor(snapshot, question, nothingFound)
  const replies = [
    question,
    user,
    system + user,
    `${question}\n**Task: [${demands}]**`,
    `{"task":"${demands}"}`,
  ]
  for (const reply of replies) expect(listed).toContain(readTask(reply, [...snapshot.map.tasks.values()]))
})

test('an echo of the whole prompt, cut off or not, names no task', () => {
  const tasks = [...snapshot.map.tasks.values()]
  const { system, user } = promptFor(snapshot, 'Task: deploy\nhelm', near(hostile[0]!.question))
  expect(readTask(user, tasks)).toBeUndefined()
  expect(readTask(`${system}\n${user}`, tasks)).toBeUndefined()
  expect(readTask(user.slice(0, user.indexOf('helm')), tasks)).toBeUndefined()
})
