import { expect, test } from 'vitest'
import type { Example } from '../../src/knowledge/context.ts'
import { drawsOf, foldsOf } from '../../src/measure/parts.ts'

const example = (question: string, task: string, fold?: number): Example => ({
  id: undefined,
  question,
  options: undefined,
  answer: undefined,
  task,
  source: undefined,
  reply: undefined,
  fold,
  at: 'made:1',
})
const many = ['build', 'deploy'].flatMap(task =>
  Array.from({ length: 25 }, (_, i) => example(`${task} question ${i}`, task)),
)

test('folds ask every example once and never know what they ask', () => {
  const parts = foldsOf(many, 1)
  expect(parts.flatMap(({ questions }) => questions).length).toBe(many.length)
  expect(new Set(parts.flatMap(({ questions }) => questions)).size).toBe(many.length)
  for (const { context, questions } of parts) {
    expect(context.length + questions.length).toBe(many.length)
    expect(questions.filter(question => context.includes(question))).toEqual([])
  }
})

test('each task has its share of every fold', () => {
  for (const { questions } of foldsOf(many, 1)) {
    expect(questions.filter(({ task }) => task === 'build').length).toBe(5)
    expect(questions.filter(({ task }) => task === 'deploy').length).toBe(5)
  }
})

test('the same text said twice stays in one fold', () => {
  const twice = [...many, ...many.map(({ question, task }) => example(`  ${question.toUpperCase()} `, task))]
  for (const { context, questions } of foldsOf(twice, 3)) {
    const known = new Set(context.map(({ question }) => question.trim().toLowerCase()))
    expect(questions.filter(({ question }) => known.has(question.trim().toLowerCase()))).toEqual([])
  }
})

test('folds laid down in the file are taken as they are, if every row has one', () => {
  const laid = many.map(({ question, task }, i) => example(question, task, i % 5))
  expect(
    foldsOf(laid, 1).map(({ questions }) => questions.every(({ fold }, _, all) => fold === all[0]?.fold)),
  ).toEqual([true, true, true, true, true])
  expect(foldsOf(laid, 1)[2]?.questions[0]?.fold).toBe(2)
})

test('draws take so many examples of each task and ask the rest, the same for the same seed', () => {
  const draws = drawsOf(many, 5, 3, 1)
  expect(draws.map(({ context, questions }) => [context.length, questions.length])).toEqual([
    [10, 40],
    [10, 40],
    [10, 40],
  ])
  expect(drawsOf(many, 5, 3, 1)).toEqual(draws)
  expect(draws[0]?.context).not.toEqual(draws[1]?.context)
})
