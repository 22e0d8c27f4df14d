import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, test } from 'vitest'
import { askedBy } from '../../src/http/openai/asked.ts'
import { isFollowUp } from '../../src/routing/follow-up.ts'
import { type ChatMessage, questionOf } from '../../src/routing/question.ts'
import { cpuMs } from '../support/cpu.ts'
import { root } from '../support/gateway.ts'

type Conversation = {
  readonly name: string
  readonly client: string
  readonly messages: readonly ChatMessage[]
  readonly question?: string
  readonly contains?: readonly string[]
}

const conversations = readFileSync(
  new URL('../fixtures/conversations/conversations.jsonl', import.meta.url),
  'utf8',
)
  .trim()
  .split('\n')
  .map(line => JSON.parse(line) as Conversation)

describe('what a person asked is found in the way their client writes it', () => {
  test.each(conversations)('$client: $name', ({ messages, question, contains = [] }) => {
    const found = questionOf(messages.map(message => ({ ...message, role: message.role ?? 'tool' })))
    if (question !== undefined) expect(found).toBe(question)
    for (const part of contains) expect(found).toContain(part)
  })
})

const line = (n: number) =>
  `2026-03-04T10:${n % 60}:07Z INFO [worker-${n}] GET /v1/items?page=${n} took=${n}ms ${n % 5 === 0 ? 'again?' : 'done'}`
const log = (lines: number) => Array.from({ length: lines }, (_, n) => line(n)).join('\n')

describe('of a long paste the beginning, the end and the sentence that asks are kept', () => {
  const sentence = 'Can you tell me which of our workers leaks the connections here?'

  test.each([
    ['before', `${sentence}\n${log(3_000)}`],
    ['behind', `${log(3_000)}\n${sentence}`],
    ['in the middle of', `${log(1_500)}\n\n${sentence}\n\n${log(1_500)}`],
    [
      'in Chinese in the middle of',
      `${log(1_500)}\n\n${sentence}\n请帮我看看哪个进程泄漏了连接\n${log(1_500)}`,
    ],
  ])('a question %s a log of 200 kB', (_where, text) => {
    expect(text.length).toBeGreaterThan(200_000)
    const question = questionOf([{ role: 'user', content: text }])
    expect(question).toContain(sentence)
    if (text.includes('请帮我')) expect(question).toContain('请帮我看看哪个进程泄漏了连接')
    expect(question.length).toBeLessThanOrEqual(8_000)
    expect(question.startsWith(text.slice(0, 1_000))).toBe(true)
    expect(question.endsWith(text.slice(-1_000))).toBe(true)
  })

  test('a megabyte of retrieved text leaves the question alone', () => {
    const text = `### Task:\nReply with the context.\n<context>\n<source id="1">${log(12_000)}</source>\n</context>\n\n${sentence}`
    expect(questionOf([{ role: 'user', content: text }])).toBe(sentence)
  })
})

describe('no message takes long, whatever it holds', () => {
  const repeat = (piece: string) => piece.repeat(Math.ceil(1_000_000 / piece.length)).slice(0, 1_000_000)

  test.each([
    ['a log', log(12_000)],
    ['one letter', repeat('a')],
    ['angle brackets', repeat('<')],
    ['spaces', `x${repeat(' ')}x`],
    ['line breaks', `x${repeat('\n')}x`],
    ['spaces and line breaks', `x${repeat(' \n\t')}x`],
    ['unclosed reminders', repeat('<system-reminder>')],
    ['unclosed blocks on lines', repeat('\n<tool_result>\n<environment_details>')],
    ['reminders whose end stands before them', `</system-reminder>${repeat('\n<system-reminder>')}`],
    ['reminders', repeat('<system-reminder>a</system-reminder>\n')],
    ['unclosed fences', repeat('```\n')],
    ['one long file name behind a fence', `\`\`\`${repeat('a.b/')}`],
    ['nested contexts', `### Task:\n${repeat('<context>')}`],
    ['labels', `Use the context.\n${repeat('Question: ')}\nAnswer:`],
    ['roles', `Make a title:\n${repeat('User: a\nAI: b\n')}`],
    ['question marks', repeat('? ')],
    ['short questions', repeat('why?\n')],
    ['mentions that never end', repeat('<@U')],
    ['names that never end', `Thread:\n${repeat('a-')}`],
    ['empty brackets', repeat('[a] ')],
    ['Chinese', repeat('为什么？\n')],
  ])('a megabyte of %s', (_of, text) => {
    expect(text.length).toBeGreaterThan(900_000)
    const messages = [{ role: 'user', content: text }]
    // The best of a few: what the machine does beside is not the question.
    const inTime = Array.from({ length: 12 }).some(() => {
      const begun = cpuMs()
      expect(questionOf(messages).length).toBeLessThanOrEqual(8_000)
      return cpuMs() - begun < 20
    })
    expect(inTime).toBe(true)
  })

  test('a loop of two hundred tool results', () => {
    const messages = [
      { role: 'user', content: '<task>\nFind the leak\n</task>' },
      ...Array.from({ length: 200 }, () => ({
        role: 'user',
        content: `[read_file for 'a'] Result:\n${log(300)}`,
      })),
    ]
    const begun = cpuMs()
    expect(questionOf(messages)).toBe('Find the leak')
    expect(cpuMs() - begun).toBeLessThan(200)
  })
})

const asked = 'Why is the queue growing?'
const bodyOf = (value: unknown) => ({ value, bytes: Buffer.from(JSON.stringify(value)) })

test.each([
  ['chat/completions', { messages: [{ role: 'user', content: [{ type: 'text', text: asked }] }] }],
  ['completions', { prompt: `Human: ${asked}\n\nAssistant:` }],
  ['responses', { input: asked }],
  [
    'responses',
    {
      input: [
        { type: 'message', role: 'user', content: [{ type: 'input_text', text: asked }] },
        { type: 'function_call', call_id: '1', name: 'lag', arguments: '{}' },
        { type: 'function_call_output', call_id: '1', output: '{"lag": 7}' },
      ],
    },
  ],
] as const)('the question of a request to %s is found in its own format', (endpoint, request) => {
  expect(askedBy(endpoint, bodyOf(request)).question).toBe(asked)
})

test.each([
  ...[
    'and on Ubuntu?',
    'why?',
    'try again',
    'still fails',
    'yes please',
    'same error',
    "doesn't work",
    'do it',
  ],
  ...['what about staging?', 'can you explain that?', 'make it shorter', 'on arm too?', 'are you sure?', '?'],
  ...['那怎么办', '为什么？', '继续', '还是不行', '换成 Redis 呢？', '具体怎么做？', '好的'],
])('%j is nothing without what was asked before', text => {
  expect(isFollowUp(text)).toBe(true)
})

test.each([
  ...['How do I install nginx?', 'why is my pod pending?', 'restart nginx', 'build failed', 'is Kafka down?'],
  ...[
    'no space left on device',
    'from scratch container fails',
    'same host key warning in ssh',
    'review PR 17',
  ],
  ...[
    'continue the deployment of billing',
    'what is a sidecar?',
    'how to rotate certs?',
    'deploy to staging',
  ],
  ...['怎么配置告警？', '更新证书', 'Pod为什么一直Pending？', '如何回滚发布？'],
])('%j is short, and a question of its own', text => {
  expect(isFollowUp(text)).toBe(false)
})

test('of a message of a megabyte nothing is kept in memory but the question in it', () => {
  const compiled = pathToFileURL(join(root, 'dist/routing/question.js')).href
  const script = `
    import { questionOf } from '${compiled}'
    const around = 'log line\\n'.repeat(100_000)
    const content = at => \`<environment_details>\${around}</environment_details>\\n<task>\\nwhy does pod \${at} restart\\n</task>\`
    gc()
    const before = process.memoryUsage().heapUsed
    const kept = Array.from({ length: 20 }, (_, at) => questionOf([{ role: 'user', content: JSON.parse(JSON.stringify(content(at))) }]))
    gc()
    console.log(JSON.stringify({ kept, megabytes: (process.memoryUsage().heapUsed - before) / 1e6 }))`
  const args = ['--expose-gc', '--input-type=module', '-e', script]
  const { stdout } = spawnSync(process.execPath, args, { encoding: 'utf8' })
  const { kept, megabytes } = JSON.parse(stdout)
  expect(kept[7]).toBe('why does pod 7 restart')
  expect(megabytes).toBeLessThan(5)
})
