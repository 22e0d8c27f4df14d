import { expect, test } from 'vitest'
import { damage, kinds } from '../../src/measure/perturb.ts'

const english = { question: 'Why does the kubernetes pod restart, and where (in which log) is the reason?' }
const chinese = { question: '请问，如何查看容器重启的原因？' }

test('the same text, kind and seed are damaged alike, whatever was damaged before', () => {
  for (const kind of kinds) {
    expect(damage(kind, english, 1)).toBe(damage(kind, english, 1))
    expect(damage(kind, english, 1)).not.toBe(english.question)
    expect(damage(kind, chinese, 1)).toBe(damage(kind, chinese, 1))
  }
  const seeds = [1, 2, 3, 4].map(seed => damage('typos', english, seed))
  expect(new Set(seeds).size).toBeGreaterThan(1)
})

test('typos leave length and first letters nearly as they were', () => {
  const damaged = damage('typos', english, 1)
  expect(Math.abs(damaged.length - english.question.length)).toBeLessThanOrEqual(4)
  const first = (text: string) => text.split(' ').map(word => word[0])
  expect(first(damaged)).toEqual(first(english.question))
})

test('typos in Chinese change places, not characters', () => {
  const damaged = damage('typos', chinese, 1)
  expect(damaged).not.toBe(chinese.question)
  expect([...damaged].sort()).toEqual([...chinese.question].sort())
})

test('another case is the same text when case is taken away', () => {
  for (const seed of [1, 2, 3]) {
    expect(damage('case', english, seed).toLowerCase()).toBe(english.question.toLowerCase())
  }
})

test('politeness, logs and traces keep the whole question word for word', () => {
  for (const kind of ['politeness', 'log', 'trace'] as const) {
    expect(damage(kind, english, 5)).toContain(english.question)
    expect(damage(kind, chinese, 5)).toContain(chinese.question)
  }
  expect(damage('politeness', chinese, 5)).toMatch(/谢/)
})

test('punctuation becomes full-width in English and half-width in Chinese, letters stay', () => {
  expect(damage('punctuation', english, 1)).toBe(
    'Why does the kubernetes pod restart， and where （in which log） is the reason？',
  )
  expect(damage('punctuation', chinese, 1)).toBe('请问,如何查看容器重启的原因?')
  expect(damage('punctuation', { question: 'is v1.2.3 of app:latest fine.' }, 1)).toBe(
    'is v1.2.3 of app:latest fine。',
  )
})

test('keywords are what carries the meaning, in order', () => {
  expect(damage('keywords', english, 1)).toBe('kubernetes pod restart log reason')
  expect(damage('keywords', chinese, 1)).toBe('查看容器重启 原因')
  expect(damage('keywords', { question: 'why is it so?' }, 1)).toBe('why is it so?')
  const few = 'helm upgrade ended so:\nError: another operation is in progress\nwhat now?'
  expect(damage('keywords', { question: few }, 1)).toBe('helm upgrade ended Error another operation progress')
})

test('options are left as they are', () => {
  const text = { ...english, options: ['In the log, of course', 'Nowhere'] }
  for (const kind of kinds) expect(damage(kind, text, 1)).toContain('A. In the log, of course\nB. Nowhere')
})
