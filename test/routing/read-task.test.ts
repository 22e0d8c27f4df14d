import { expect, test } from 'vitest'
import { parsePrompt } from '../../src/knowledge/prompt.ts'
import { readTask } from '../../src/routing/read-task.ts'

const tasks = [
  { id: 'build', title: 'Build' },
  { id: 'test', title: 'Test' },
  { id: 'root-cause-analysis', title: 'Root cause analysis' },
  { id: 'deploy', title: '部署' },
]

test.each([
  ['**Task: [build]**', 'build'],
  ['**Task: build**', 'build'],
  ['Task: Build.', 'build'],
  ['task：build', 'build'],
  ['**Task:** `build`', 'build'],
  ['The selected task is [Root Cause Analysis].', 'root-cause-analysis'],
  ['{"task": "root_cause_analysis"}', 'root-cause-analysis'],
  ['```json\n{"selected_task": "test", "why": "x"}\n```', 'test'],
  ['任务：部署', 'deploy'],
  ['build', 'build'],
  ['"Root cause analysis"', 'root-cause-analysis'],
  ['It mentions a compiler.\nSo I would say: build', 'build'],
  ['First I thought Task: test\nbut it compiles.\n**Task: [build]**', 'build'],
  ['<think>Task: deploy? no</think>**Task: [test]**', 'test'],
  ['**Task: [unknown]**', 'unknown'],
  ['UNKNOWN', 'unknown'],
])('%j is read as %s', (reply, task) => {
  expect(readTask(reply, tasks)).toBe(task)
})

test.each([
  '',
  'I cannot help with that.',
  '**Task: [cooking]**',
  'build or deploy',
  '**Task: [selected task]**',
  'Task: __proto__',
])('%j names no task', reply => {
  expect(readTask(reply, tasks)).toBeUndefined()
})

test('a prompt that lacks a slot, has an unknown one or no user part is refused with each lack named', () => {
  expect(parsePrompt('{{tasks}} {{colour}}', true)).toEqual([
    'the prompt lacks its slot {{examples}}',
    'the prompt lacks its slot {{question}}',
    'the prompt has an unknown slot {{colour}}',
    'the prompt needs one line "=== user ===" between the system and the user part',
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
