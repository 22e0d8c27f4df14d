import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readAnswer } from '../../../src/measure/rank/read-answer.ts'
import { cpuMs } from '../../support/cpu.ts'
import { pods, replies } from './replies.ts'

test.each(replies.map(([reply, letter, options = pods]) => ({ reply, letter, options })))(
  '$letter is read in $reply',
  ({ reply, letter, options }) => {
    const read = readAnswer(reply, options)
    expect('letter' in read ? read.letter : '-').toBe(letter)
  },
)

test('at least 80 replies are tried', () => {
  expect(new Set(replies.map(([reply]) => reply)).size).toBeGreaterThanOrEqual(80)
})

test('why a reply cannot be read is told', () => {
  expect(readAnswer('', pods)).toEqual({ unreadable: 'empty' })
  expect(readAnswer('The answer is (A) or (B).', pods)).toEqual({ unreadable: 'several' })
  expect(readAnswer('The answer is (K).', pods)).toEqual({ unreadable: 'beyond' })
  expect(readAnswer('Ask somebody else.', pods)).toEqual({ unreadable: 'nothing' })
})

test('whatever a reply says before its last line does not change the answer asked for', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 300 }), fc.nat(3), (before, row) => {
      // An opened thought that is never closed hides what follows, as it should.
      fc.pre(!/[<＜◁[]/.test(before))
      const letter = String.fromCharCode(65 + row)
      expect(readAnswer(`${before}\nThe answer is (${letter}).`, pods)).toEqual({ letter })
    }),
    { numRuns: 300 },
  )
})

test('a reply made to keep the reader busy is read in no time', () => {
  const began = cpuMs()
  for (const part of [
    'the answer is ',
    'answer '.repeat(3),
    '\\boxed{',
    '((((((',
    'A, B, ',
    '选',
    '<think>',
    '** ',
  ])
    readAnswer(part.repeat(20_000), pods)
  expect(cpuMs() - began).toBeLessThan(1_500)
})
