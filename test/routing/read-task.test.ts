import { expect, test } from 'vitest'
import { parsePrompt } from '../../src/knowledge/prompt.ts'
import { readTask } from '../../src/routing/read-task.ts'
import { cpuMs } from '../support/cpu.ts'

const tasks = [
  { id: 'build', title: 'Build' },
  { id: 'test', title: 'Test' },
  { id: 'root-cause-analysis', title: 'Root cause analysis' },
  { id: 'log', title: 'Log' },
  { id: 'log-parsing', title: 'Log parsing' },
  { id: 'deploy', title: '部署' },
]

test.each([
  // As it was asked for, and near to it.
  ['**Task: [build]**', 'build'],
  ['**Task: build**', 'build'],
  ['**Task: [build].**', 'build'],
  ['Task: Build.', 'build'],
  ['task：build', 'build'],
  ['TASK: BUILD', 'build'],
  ['**Task:** `build`', 'build'],
  ['### Task: [build]', 'build'],
  ['- Task: build', 'build'],
  ['Task = build', 'build'],
  ['"Task: build"', 'build'],
  ['Task: ｂｕｉｌｄ', 'build'],
  ['Task: build\r\n', 'build'],
  ['The selected task is [Root Cause Analysis].', 'root-cause-analysis'],
  ['So the best matching task is: test', 'test'],
  ['Category: log parsing', 'log-parsing'],
  ['Answer: **test**', 'test'],
  ['任务：部署', 'deploy'],
  ['所以，任务是部署', 'deploy'],
  ['分类: deploy。', 'deploy'],
  ['タスク：build', 'build'],
  // JSON, whole or in pieces.
  ['{"task": "root_cause_analysis"}', 'root-cause-analysis'],
  ['{"task":"unknown"}', 'unknown'],
  ['```json\n{"selected_task": "test", "why": "x"}\n```', 'test'],
  ['{"why": "it is not a deploy", "task": "build"}', 'build'],
  ['{\n  "why": "class: deploy",\n  "task": "build",\n  "sure": true\n}', 'build'],
  ['{"why": "it says \\"task\\": \\"deploy\\" itself", "task": "build"}', 'build'],
  ['["build"]', 'build'],
  // The name alone.
  ['build', 'build'],
  ['"Root cause analysis"', 'root-cause-analysis'],
  ['`build`', 'build'],
  ['**build**\n\nIt is about a compiler.', 'build'],
  ['UNKNOWN', 'unknown'],
  ['**Task: [unknown]**', 'unknown'],
  // Words before, after and around.
  ['It mentions a compiler.\nSo I would say: build', 'build'],
  ['It mentions a compiler, so I would say "build".', 'build'],
  ['It compiles, so the task is build.', 'build'],
  ['**Task: [build]**\nBecause gradle is a build tool.', 'build'],
  ['Task: build (it compiles)', 'build'],
  ['Task: build, because it compiles', 'build'],
  ['Task: build - it compiles', 'build'],
  ['This is a matter of log parsing.', 'log-parsing'],
  ['First I thought Task: test\nbut it compiles.\n**Task: [build]**', 'build'],
  ['Task: test\nNo, wait.\nTask: build', 'build'],
  // Thoughts do not count.
  ['<think>Task: deploy? no</think>**Task: [test]**', 'test'],
  ['<thinking>\nTask: deploy\n</thinking>\nTask: test', 'test'],
  ['Task: deploy, hmm\n</think>\nTask: test', 'test'],
  ['<think>I will not write <think> tags.\nTask: deploy</think>Task: test', 'test'],
  ['< Think >Task: deploy</ THINK >Task: test', 'test'],
  ['<思考>任务：部署</思考>\n任务：build', 'build'],
  ['<réflexion>Task: deploy</réflexion>Task: build', 'build'],
  ['<Überlegung>Task: deploy</Überlegung>Task: build', 'build'],
  ['<мысли>Task: deploy</мысли>Task: build', 'build'],
  ['◁think▷Task: deploy◁/think▷Task: build', 'build'],
  ['[THINK]Task: deploy[/THINK]Task: build', 'build'],
  ['<seed:think>Task: deploy</seed:think>Task: build', 'build'],
  ['**Task: [build]**\n<think>or was it Task: deploy', 'build'],
  // What it quotes of the question does not count.
  ['The question says "Task: deploy", but it compiles.\n**Task: [build]**', 'build'],
  ['**Task: [build]**\nThe question says "Task: deploy", which I ignore.', 'build'],
  ['> Task: deploy\n\n**Task: [build]**', 'build'],
  ['**Task: [build]**\n> Task: deploy', 'build'],
  ['<question>\nTask: deploy\n</question>\nTask: build', 'build'],
  ['<example task="deploy">Task: deploy</example>\nIt is build.', 'build'],
  [`${'Task: deploy\n'.repeat(1_000)}**Task: [build]**`, 'build'],
])('%j is read as %s', (reply, task) => {
  expect(readTask(reply, tasks)).toBe(task)
})

test.each([
  '',
  '   \n\n',
  '🚀',
  'I cannot help with that.',
  'I cannot help with build.',
  'This is not deploy.',
  '这不是部署',
  '**Task: [cooking]**',
  'Task: build\n**Task: [cooking]**',
  'Task: build bomb',
  'Task: build-a-bomb',
  'Task: buіld',
  'Task: bu\u200bild',
  'build or deploy',
  'Task: build or deploy',
  'Task: build, deploy',
  'Task: build/test',
  '- build\n- test\n- deploy',
  'Task: build\nTask: deploy\nOne of these.',
  '**Task: [selected task]**',
  'Task: __proto__',
  'Task: constructor',
  'The question says "Task: deploy".',
  'The question demands: “Task: [deploy]”.',
  '> Task: deploy',
  '<question>\nTask: deploy\n</question>',
  '<question>\nTask: deploy',
  '<think>Task: deploy',
  '<think>Task: deploy\n**Task: [build]**',
  '<思考>任务：部署',
  'rebuilding the tests',
  'Task: deploy\n</think>',
  '{"task": "cooking"}',
  '{"task": 7}',
  '{"task": ["build", "deploy"]}',
  'The task is not build.',
  '<!doctype html><html><title>502</title></html>',
])('%j names no task', reply => {
  expect(readTask(reply, tasks)).toBeUndefined()
})

test('a task that is called like a tag is still a task, one without letters is nothing, and a name of two is neither', () => {
  const odd = [
    { id: 'analysis', title: '🚀' },
    { id: 'one', title: 'Same' },
    { id: 'two', title: 'same' },
    { id: 'three', title: 'Unknown' },
    { id: 'a-b', title: 'x' },
    { id: 'a.b', title: 'y' },
  ]
  expect(readTask('Task: <analysis>', odd)).toBe('analysis')
  expect(readTask('', odd)).toBeUndefined()
  expect(readTask('Task: same', odd)).toBeUndefined()
  expect(readTask('Task: unknown', odd)).toBe('unknown')
  expect(readTask('{"task":"a.b"}', odd)).toBe('a.b')
})

test('of a very long reply the end is read', () => {
  expect(readTask(`${'Task: build. '.repeat(1_000)}\nIt is unclear to me.`, tasks)).toBeUndefined()
  expect(readTask(`${'x'.repeat(5_000_000)}\nTask: build`, tasks)).toBe('build')
  expect(readTask(`Task: build\n${'x '.repeat(5_000)}`, tasks)).toBeUndefined()
})

test.each([
  ['openings', '<think>'],
  ['openings that never end', '<think '],
  ['closings', '</think>'],
  ['keys', 'task '],
  ['keys in a row', 'tasktask'],
  ['stars', '**'],
  ['fillers', 'so the final '],
  ['colons', 'task:'],
  ['quotes', '"task": "'],
  ['braces', '{"task"'],
  ['dashes', '-–—_'],
  ['spaces', ' '],
  ['new lines', '\n'],
  ['tags', '<question task="'],
])('a reply of a million %s is read at once', (_, piece) => {
  const began = cpuMs()
  readTask(piece.repeat(Math.ceil(1_000_000 / piece.length)), tasks)
  readTask(`Task: ${piece.repeat(600)}`, tasks)
  expect(cpuMs() - began).toBeLessThan(5_000)
})

test('a prompt that lacks a slot, has an unknown one or no user part is refused with each lack named', () => {
  expect(parsePrompt('{{tasks}} {{colour}}', true)).toEqual([
    'the prompt lacks its slot {{examples}}',
    'the prompt lacks its slot {{question}}',
    'the prompt has an unknown slot {{colour}}',
    'the prompt needs one line "=== user ===" between the system and the user part',
  ])
})

test('a prompt that puts the question or the examples among the instructions is refused', () => {
  expect(parsePrompt('{{tasks}} {{question}} {{examples}}\n=== user ===\n{{question}}', true)).toEqual([
    'the slot {{examples}} belongs below the line "=== user ==="',
    'the slot {{question}} belongs below the line "=== user ==="',
  ])
})

test('a slot that a question writes is text, not a slot', () => {
  const prompt = parsePrompt('{{tasks}}\n=== user ===\n{{question}}', false)
  if (!('fill' in prompt)) throw new Error('refused')
  expect(prompt.fill({ tasks: 'T', question: '{{tasks}} $& $1', examples: '' })).toEqual({
    system: 'T',
    user: '{{tasks}} $& $1',
  })
})
