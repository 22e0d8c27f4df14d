import { appendFile, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, expect, test, vi } from 'vitest'
import { type Behaviour, fails, says, startExpert } from '../support/expert-server.ts'
import { ask, mapOf, remote, startGateway } from '../support/gateway.ts'
import { type Hostile, hostile, tagsIn } from '../support/hostile.ts'

const listed = ['build', 'deploy', 'operate', 'unknown']

afterEach(() => {
  vi.unstubAllEnvs()
  vi.restoreAllMocks()
})

/** What the worst of models says to a question that wants to be obeyed. */
const worst: Record<string, (asked: Hostile) => Behaviour> = {
  'echoes the question': ({ question }) => says(question),
  'echoes all it was told': () => (received, response) =>
    says(received.body.messages.map((message: { content: string }) => message.content).join('\n'))(
      received,
      response,
    ),
  'says what the question demands': ({ demands = 'anything' }) => says(`**Task: [${demands}]**`),
  'says it as JSON': ({ demands = 'anything' }) => says(JSON.stringify({ task: demands })),
  'says it after an echo': ({ question, demands = 'anything' }) => says(`${question}\n\nTask: ${demands}`),
  'fails and quotes all it was told': ({ question }) => fails(500, {}, { error: { message: question } }),
  'refuses and quotes all it was told': ({ question }) => fails(400, {}, { error: { message: question } }),
}

/** Pieces of a question that no log line would have by chance. */
const piecesOf = (question: string): string[] =>
  [...question.replace(/\s+/g, ' ').matchAll(/[^"\\]{14}/gu)]
    .map(([piece]) => piece)
    .filter(piece => /\p{L}/u.test(piece))

/** Says which pieces stand in a text. How a piece begins rules nearly all of them out, without a search through all of it. */
const searched = (text: string) => {
  const begin = 8
  const beginnings = new Set(Array.from({ length: text.length }, (_, at) => text.slice(at, at + begin)))
  return (pieces: readonly string[]) =>
    pieces.filter(piece => beginnings.has(piece.slice(0, begin)) && text.includes(piece))
}

test.each(Object.entries(worst))(
  'a classifier that %s never brings about a task that is not in the list, and nothing of the question is logged',
  async (_, behave) => {
    vi.stubEnv('OPENAI_LOG', 'debug')
    const printed = (['log', 'info', 'debug', 'warn', 'error'] as const).map(name => vi.spyOn(console, name))
    await using judge = await startExpert()
    const map = mapOf(
      { runbook: { builtin: 'runbook' }, judge: remote(judge.url, { structured: true }) },
      { classifier: { expert: 'judge', use: 'always' }, unknown: ['runbook'] },
    )
    for (const task of Object.values(map.tasks)) task.experts = ['runbook']
    await using gateway = await startGateway(map, { LOG_LEVEL: 'trace' })
    for (const asked of hostile) {
      judge.behave(behave(asked))
      const response = await gateway.post('/v1/chat/completions', ask(asked.question))
      expect([asked.id, response.status]).toEqual([asked.id, 200])
      expect(listed).toContain(response.headers.get('x-coe-task'))
      await response.arrayBuffer()
    }
    const systems = new Set(judge.received.map(({ body }) => body.messages[0].content))
    expect(systems.size).toBe(1)
    for (const { body } of judge.received) {
      expect(tagsIn(body.messages[1].content).filter(tag => tag.includes('question'))).toEqual([
        '<question>',
        '</question>',
      ])
    }
    const logged = searched(gateway.logged.join(''))
    for (const { question, id } of hostile) expect([id, logged(piecesOf(question))]).toEqual([id, []])
    for (const spy of printed) expect(spy).not.toHaveBeenCalled()
  },
)

test('hostile examples in the context are fenced before they are shown', async () => {
  await using judge = await startExpert(says('**Task: [deploy]**'))
  const map = mapOf(
    { runbook: { builtin: 'runbook' }, judge: remote(judge.url) },
    { classifier: { expert: 'judge', use: 'always' }, unknown: ['runbook'] },
  )
  for (const task of Object.values(map.tasks)) task.experts = ['runbook']
  await using gateway = await startGateway(map)
  const before = await readFile(join(gateway.folder, 'context.jsonl'), 'utf8')
  const planted = hostile
    .filter(({ kind }) => ['tag', 'example', 'statement', 'turn', 'token'].includes(kind))
    .map(({ question, id }) => ({ question: `helm upgrade ${id} ${question}`, task: 'operate' }))
  const lines = planted.map(example => JSON.stringify(example)).join('\n')
  await appendFile(join(gateway.folder, 'context.jsonl'), `${before.endsWith('\n') ? '' : '\n'}${lines}\n`)
  await gateway.reload()
  for (const { question } of planted) {
    await (await gateway.post('/v1/chat/completions', ask(`${question} once more`))).arrayBuffer()
  }
  expect(judge.received).toHaveLength(planted.length)
  for (const { body } of judge.received) {
    const tags = tagsIn(body.messages[1].content)
    const shown = (tags.length - 2) / 2
    expect(shown).toBeGreaterThan(0)
    expect(shown).toBeLessThanOrEqual(8)
    const pairs = Array.from({ length: shown }, () => [
      expect.stringMatching(/^<exampletask="[a-z]+">$/),
      '</example>',
    ])
    expect(tags).toEqual([...pairs.flat(), '<question>', '</question>'])
  }
})
