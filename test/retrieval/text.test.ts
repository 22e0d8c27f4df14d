import { expect, test } from 'vitest'
import { asAsked, asText } from '../../src/retrieval/text.ts'

test('options that a client wrote below a question are read as what they are', () => {
  const text = { question: 'Which one?\nThink first.', options: ['yes', 'no', 'neither'] }
  expect(asText(asAsked(text))).toEqual(text)
  expect(asText('哪个？\nA、甲\nB：乙')).toEqual({ question: '哪个？', options: ['甲', '乙'] })
  expect(asText('Which?\n(A) x\n(B) y\n')).toEqual({ question: 'Which?', options: ['x', 'y'] })
})

test('lines that only look like options stay in the question', () => {
  for (const asked of [
    'A. alone',
    'log:\nE: cannot connect\nW: retry',
    'q\nB. no first\nC. one',
    'q\nA. only one',
    'plain',
  ]) {
    expect(asText(asked)).toEqual({ question: asked })
  }
})
