import { expect, test } from 'vitest'
import { createRemember } from '../../src/routing/remember.ts'

const never = new AbortController().signal

test('the same question in flight is computed once, and remembered after', async () => {
  const remember = createRemember<{ n: number }>(10, () => true)
  let computed = 0
  const compute = async () => ({ n: ++computed })
  const [first, second] = await Promise.all([
    remember.get('q', compute, never),
    remember.get('q', compute, never),
  ])
  expect([first, second]).toEqual([
    { value: { n: 1 }, remembered: false },
    { value: { n: 1 }, remembered: true },
  ])
  expect(await remember.get('q', compute, never)).toEqual({ value: { n: 1 }, remembered: true })
})

test('what is not worth it is not remembered, nor is a failure', async () => {
  const remember = createRemember<{ n: number }>(10, ({ n }) => n > 1)
  let computed = 0
  await expect(remember.get('q', () => Promise.reject(new Error('down')), never)).rejects.toThrow('down')
  const compute = async () => ({ n: ++computed })
  await remember.get('q', compute, never)
  expect((await remember.get('q', compute, never)).value).toEqual({ n: 2 })
  expect((await remember.get('q', compute, never)).remembered).toBe(true)
})

test('the first to ask may leave without taking the answer from those who joined; the last to leave ends the work', async () => {
  const remember = createRemember<{ n: number }>(10, () => true)
  let given: AbortSignal | undefined
  let finish = (_value: { n: number }) => undefined as unknown
  const compute = (signal: AbortSignal) => {
    given = signal
    return new Promise<{ n: number }>(resolve => (finish = resolve))
  }
  const [one, two] = [new AbortController(), new AbortController()]
  const first = remember.get('q', compute, one.signal)
  const second = remember.get('q', compute, two.signal)
  one.abort()
  await expect(first).rejects.toThrow()
  expect(given?.aborted).toBe(false)
  finish({ n: 7 })
  expect((await second).value).toEqual({ n: 7 })

  const third = remember.get('other', compute, two.signal)
  two.abort()
  await expect(third).rejects.toThrow()
  expect(given?.aborted).toBe(true)
})

test('the store is bounded', async () => {
  const remember = createRemember<{ n: number }>(3, () => true)
  for (let i = 0; i < 100; i++) await remember.get(String(i), async () => ({ n: i }), never)
  expect(remember.size()).toBe(3)
})
