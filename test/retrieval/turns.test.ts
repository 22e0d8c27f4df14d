import { expect, test } from 'vitest'
import { createJobs } from '../../src/retrieval/jobs.ts'
import type { Thread } from '../../src/retrieval/thread.ts'
import { createTurns } from '../../src/retrieval/turns.ts'

const never = new AbortController().signal
const question = (text: string) => ({ kind: 'nearest' as const, text })

/** A worker that answers, in turn, when the test says so. */
const slowWorker = () => {
  const texts: string[] = []
  const answers: (() => void)[] = []
  const thread = {
    ask: ({ text }: { text: string }) => {
      texts.push(text)
      return new Promise(resolve => answers.push(() => resolve(text)))
    },
    isDead: () => false,
  } as unknown as Thread
  return { thread, texts, answer: () => answers.shift()?.() }
}

test('a client that floods the workers waits behind itself: others get every second turn', async () => {
  const jobs = createJobs(100)
  const { thread, texts, answer } = slowWorker()
  jobs.offer(thread)
  const flood = Array.from({ length: 6 }, (_, i) => jobs.ask(question(`flood ${i}`), never, 'loud'))
  const others = ['a', 'b'].map(text => jobs.ask(question(text), never, 'quiet'))
  for (let done = 1; done <= 8; done++) {
    // One is worked on, and the next is at hand.
    await expect.poll(() => texts.length).toBe(Math.min(8, done + 1))
    answer()
  }
  await Promise.all([...flood, ...others])
  expect(texts.slice(0, 6)).toEqual(['flood 0', 'flood 1', 'flood 2', 'a', 'flood 3', 'b'])
})

test('a full queue makes room for who waits least: the newest of the loudest client is refused', async () => {
  const jobs = createJobs(3)
  const { thread, texts, answer } = slowWorker()
  jobs.offer(thread)
  const loud = Array.from({ length: 5 }, (_, i) => jobs.ask<string>(question(`flood ${i}`), never, 'loud'))
  const settled = Promise.allSettled(loud)
  void jobs.ask(question('quiet'), never, 'quiet').catch(() => undefined)
  await expect(jobs.ask(question('flood 5'), never, 'loud')).rejects.toMatchObject({
    code: 'retrieval_failed',
  })
  expect(jobs.waiting()).toBe(3)
  jobs.close()
  answer()
  answer()
  const refused = (await settled).map(one => one.status === 'rejected' && `${one.reason.message}`)
  expect(refused.slice(2)).toEqual([
    'The neighbours are no longer searched.',
    'The neighbours are no longer searched.',
    '3 questions already wait to be encoded.',
  ])
  expect(texts).toEqual(['flood 0', 'flood 1'])
})

test('who leaves the line gives up the place and no other', () => {
  const turns = createTurns<string>()
  for (const item of ['1', '2', '3']) turns.add('a', item)
  turns.add('b', 'x')
  turns.remove('a', '2')
  turns.remove('a', 'never there')
  turns.addFirst('b', 'again')
  expect(turns.size()).toBe(4)
  expect(Array.from({ length: 5 }, turns.take)).toEqual(['1', 'again', '3', 'x', undefined])
  expect(turns.size()).toBe(0)
})
