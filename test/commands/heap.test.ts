import { expect, test } from 'vitest'
import { createGrowth } from '../../src/commands/heap.ts'

const watch = () => {
  const set: number[] = []
  return { set, growth: createGrowth(percent => set.push(percent)) }
}

test('a heap that large requests have looked through too often may grow by more, and by little again when they are over', () => {
  const { set, growth } = watch()
  for (let at = 1_000; at <= 1_500; at += 100) growth.collected(at, true)
  expect(set).toEqual([30, 100])
  growth.collected(11_499, true)
  expect(set).toEqual([30, 100])
  growth.collected(11_500, false)
  expect(set).toEqual([30, 100, 30])
  // And tried again, since they are not over.
  for (let at = 12_000; at <= 12_500; at += 100) growth.collected(at, true)
  expect(set).toEqual([30, 100, 30, 100])
})

test('a heap that is looked through now and then grows by little, however much young garbage there is', () => {
  const { set, growth } = watch()
  for (let at = 0; at < 60_000; at += 20) growth.collected(at, at % 200 === 0)
  expect(set).toEqual([30])
})
