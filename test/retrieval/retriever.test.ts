import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createJobs } from '../../src/retrieval/jobs.ts'
import { createRetriever } from '../../src/retrieval/retriever.ts'
import type { Thread } from '../../src/retrieval/thread.ts'
import { root } from '../support/gateway.ts'

const never = new AbortController().signal
const example = (question: string, task: string) => ({ question, task })
const examples = [
  example('maven cannot resolve a dependency', 'build'),
  example('gradle compile error after the upgrade', 'build'),
  example('helm upgrade hangs', 'deploy'),
  example('canary rollout of the new version', 'deploy'),
]
const options = async (encoder: 'auto' | 'lexical') => ({
  texts: examples.map(({ question }) => ({ question })),
  tasks: examples.map(({ task }) => task),
  k: 4,
  encoder,
  modelsPath: join(root, 'models'),
  dataPath: await mkdtemp(join(tmpdir(), 'coe-retriever-')),
  workers: 1,
  queue: 10,
})

test('meaning finds what words do not', async () => {
  const retriever = await createRetriever(await options('auto'))
  expect(retriever.about).toMatchObject({ encoder: 'minilm', index: 'exact', examples: 4, encoded: 4 })
  const { neighbours, ranking } = await retriever.nearest(
    'the chart release in kubernetes does not finish',
    never,
  )
  expect(examples[neighbours[0]?.row ?? 0]?.task).toBe('deploy')
  expect(ranking[0]?.task).toBe('deploy')
  expect(await retriever.embed('x', never)).toHaveLength(384)
  retriever.close()
  await expect(retriever.nearest('late', never)).rejects.toMatchObject({ code: 'retrieval_failed' })
})

test('a start that is interrupted loses nothing that was encoded: the next one encodes the rest', async () => {
  const given = await options('auto')
  const first = await createRetriever({
    ...given,
    texts: given.texts.slice(0, 2),
    tasks: given.tasks.slice(0, 2),
  })
  first.close()
  const second = await createRetriever(given)
  expect(second.about.encoded).toBe(2)
  second.close()
})

/** A thread whose answers and death are in the test's hands. */
const fakeThread = () => {
  let dead = false
  const asked: { text: string; resolve(value: unknown): void; reject(error: Error): void }[] = []
  const thread = {
    ask: (_kind: string, text: string) =>
      new Promise((resolve, reject) => asked.push({ text, resolve, reject })),
    isDead: () => dead,
  } as unknown as Thread
  const die = () => {
    dead = true
    for (const { reject } of asked) reject(new Error('died'))
  }
  return { thread, asked, die }
}

test('a question whose worker dies goes once more to another, and then is refused', async () => {
  const jobs = createJobs(10)
  const [one, two] = [fakeThread(), fakeThread()]
  jobs.offer(one.thread)
  const answer = jobs.ask('nearest', 'q', never)
  one.die()
  jobs.withdraw(one.thread)
  jobs.offer(two.thread)
  await expect.poll(() => two.asked.length).toBe(1)
  two.die()
  await expect(answer).rejects.toMatchObject({ code: 'retrieval_failed' })
})

test('questions are answered in order, one at a time a worker; who leaves or comes too late is not encoded', async () => {
  const jobs = createJobs(2)
  const { thread, asked } = fakeThread()
  const leaving = new AbortController()
  const first = jobs.ask('nearest', 'first', never)
  const left = jobs.ask('nearest', 'left', leaving.signal)
  await expect(jobs.ask('nearest', 'too many', never)).rejects.toMatchObject({ code: 'retrieval_failed' })
  leaving.abort()
  await expect(left).rejects.toThrow()
  const second = jobs.ask('nearest', 'second', never)
  jobs.offer(thread)
  expect(asked.map(({ text }) => text)).toEqual(['first'])
  asked[0]?.resolve(1)
  expect(await first).toBe(1)
  await expect.poll(() => asked.map(({ text }) => text)).toEqual(['first', 'second'])
  asked[1]?.resolve(2)
  expect(await second).toBe(2)
})
