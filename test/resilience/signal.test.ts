import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { Leaving } from '../../src/resilience/signal.ts'

test('everybody who still listens is told once, whatever was the reason to leave twice', () => {
  const signal = new Leaving()
  const told: string[] = []
  const listener = (name: string) => () => void told.push(`${name}: ${signal.reason}`)
  const [a, b, c, d] = ['a', 'b', 'c', 'd'].map(listener) as [() => void, () => void, () => void, () => void]
  for (const each of [a, b, b, c]) signal.addEventListener('abort', each)
  signal.addEventListener('abort', { handleEvent: d })
  signal.removeEventListener('abort', a)
  signal.removeEventListener('abort', c)
  expect(signal.aborted).toBe(false)
  signal.leave('home')
  signal.leave('again')
  expect(signal.aborted).toBe(true)
  expect(told).toEqual(['b: home', 'd: home'])
  expect(() => signal.throwIfAborted()).toThrow('home')
})

test('Node and the platform take it for one of their own', async () => {
  const signal = new Leaving()
  const waiting = sleep(60_000, undefined, { signal })
  signal.leave(new Error('gone'))
  await expect(waiting).rejects.toMatchObject({ name: 'AbortError' })
})
