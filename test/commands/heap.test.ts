import { expect, test } from 'vitest'
import { createGrowth } from '../../src/commands/heap.ts'

const watch = () => {
  const set: number[] = []
  return { set, growth: createGrowth(percent => set.push(percent)) }
}

test('a heap that large requests have looked through too often may grow by more, and by little again when they are over', () => {
  const { set, growth } = watch()
  for (const at of [1_000, 1_090, 1_180]) growth.collected(at, true)
  expect(set).toEqual([30, 200])
  growth.collected(31_179, true)
  expect(set).toEqual([30, 200])
  growth.collected(31_200, false)
  expect(set).toEqual([30, 200, 30])
  // And tried again, since they are not over.
  for (const at of [32_000, 32_090, 32_180]) growth.collected(at, true)
  expect(set).toEqual([30, 200, 30, 200])
})

test('a heap that is looked through now and then grows by little, however much young garbage there is', () => {
  const { set, growth } = watch()
  for (let at = 0; at < 60_000; at += 20) growth.collected(at, at % 600 === 0)
  expect(set).toEqual([30])
})
