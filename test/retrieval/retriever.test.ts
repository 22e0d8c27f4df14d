import { mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createJobs, DEADLINE_MS } from '../../src/retrieval/jobs.ts'
import type { Nearest } from '../../src/retrieval/protocol.ts'
import { createRetriever, workersFor } from '../../src/retrieval/retriever.ts'
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
  keywords: [],
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
  expect(examples[neighbours()[0]?.row ?? 0]?.task).toBe('deploy')
  expect(ranking()[0]?.task).toBe('deploy')
  expect(await retriever.embed('x', never)).toHaveLength(384)
  retriever.close()
  await expect(retriever.nearest('late', never)).rejects.toMatchObject({ code: 'retrieval_failed' })
})

const said = ({ neighbours, ranking, margin, known, byWords }: Nearest) => ({
  neighbours: neighbours(),
  ranking: ranking(),
  margin,
  known,
  byWords,
})

test('a question whose words are enough is not encoded; one that they say less of is, whatever is asked', async () => {
  const retriever = await createRetriever(await options('auto'))
  const asked = 'helm upgrade hangs in the staging cluster'
  const whole = await retriever.nearest(asked, never)
  const anyhow = { margin: Number.NEGATIVE_INFINITY, known: 0 }
  const byWords = await retriever.nearest(asked, never, { enough: anyhow })
  expect(byWords).toMatchObject({ byWords: true, tookMs: { encode: 0 } })
  expect(byWords.ranking()[0]?.task).toBe('deploy')
  expect(byWords.neighbours().every(({ dense }) => dense === 0)).toBe(true)
  expect(whole.neighbours().some(({ dense }) => dense > 0)).toBe(true)
  for (const enough of [
    { margin: byWords.margin + 0.01, known: 0 },
    { margin: byWords.margin, known: byWords.known + 0.01 },
  ]) {
    const found = await retriever.nearest(asked, never, { enough })
    expect(said(found)).toEqual(said(whole))
    expect(found.tookMs?.encode).toBeGreaterThan(0)
  }
  retriever.close()
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
const fakeThread = (encoder = 'minilm') => {
  let dead: Error | undefined
  let announce: (error: Error) => void
  const died = new Promise<Error>(resolve => {
    announce = resolve
  })
  const asked: { text: string; resolve(value: unknown): void; reject(error: Error): void }[] = []
  const die = (error = new Error('died')) => {
    dead = error
    for (const { reject } of asked) reject(error)
    announce(error)
  }
  const thread = {
    about: { encoder },
    ask: ({ text }: { text: string }) =>
      new Promise((resolve, reject) => asked.push({ text, resolve, reject })),
    died,
    isDead: () => dead !== undefined,
    end: die,
  } as unknown as Thread
  return { thread, asked, die }
}

/** Time that passes when the test says so. */
const fakeTime = () => {
  const armed: { ms: number; then: () => void }[] = []
  return {
    armed,
    after: (ms: number, then: () => void) => {
      const one = { ms, then }
      armed.push(one)
      return () => void armed.splice(armed.indexOf(one) >>> 0, 1)
    },
    pass: (ms: number) => {
      for (const one of armed.filter(other => other.ms <= ms)) {
        if (armed.includes(one)) armed.splice(armed.indexOf(one), 1)
        one.then()
      }
    },
  }
}
const failure = { code: 'retrieval_failed' }

test('a question whose worker dies goes once more to another, and then is refused', async () => {
  const jobs = createJobs(10)
  const [one, two, three] = [fakeThread(), fakeThread(), fakeThread()]
  jobs.offer(three.thread)
  const other = jobs.ask({ kind: 'nearest', text: 'other' }, never)
  jobs.offer(one.thread)
  const answer = jobs.ask({ kind: 'nearest', text: 'q' }, never)
  one.die()
  jobs.withdraw(one.thread)
  jobs.offer(two.thread)
  await expect.poll(() => two.asked.length).toBe(1)
  two.die()
  await expect(answer).rejects.toMatchObject(failure)
  three.asked[0]?.resolve(3)
  expect(await other).toBe(3)
})

test('with no worker alive a question is refused at once, those that waited too', async () => {
  const jobs = createJobs(10)
  await expect(jobs.ask({ kind: 'nearest', text: 'too early' }, never)).rejects.toMatchObject(failure)
  const { thread, die } = fakeThread()
  jobs.offer(thread)
  const answers = [
    jobs.ask({ kind: 'nearest', text: 'worked on' }, never),
    jobs.ask({ kind: 'nearest', text: 'waiting' }, never),
  ]
  const settled = Promise.allSettled(answers)
  die()
  jobs.withdraw(thread)
  expect(await settled).toMatchObject([
    { status: 'rejected', reason: failure },
    { status: 'rejected', reason: failure },
  ])
  await expect(jobs.ask({ kind: 'nearest', text: 'too late' }, never)).rejects.toMatchObject(failure)
})

test('a worker stuck at a question is ended, whoever waits is told, and no timer is left', async () => {
  const time = fakeTime()
  const jobs = createJobs(10, time.after)
  const { thread, asked } = fakeThread()
  jobs.offer(thread)
  const settled = Promise.allSettled([
    jobs.ask({ kind: 'nearest', text: 'quick' }, never),
    jobs.ask({ kind: 'nearest', text: 'endless' }, never),
    jobs.ask({ kind: 'nearest', text: 'waiting' }, never),
  ])
  asked[0]?.resolve(1)
  await expect.poll(() => asked.length).toBe(2)
  time.pass(DEADLINE_MS)
  expect(thread.isDead()).toBe(true)
  expect(await settled).toMatchObject([
    { value: 1 },
    { reason: { ...failure, message: expect.stringMatching(/within 10 s/) } },
    { reason: { ...failure, message: expect.stringMatching(/within 10 s/) } },
  ])
  expect([jobs.waiting(), time.armed.length]).toEqual([0, 0])
})

test('a dead worker is replaced by one of the same encoder, and every failed attempt is told', async () => {
  const [first, lexical, second] = [fakeThread(), fakeThread('lexical'), fakeThread()]
  const starts = [first.thread, new Error('no memory'), lexical.thread, second.thread]
  const start = async () => {
    const next = starts.shift()
    if (next instanceof Error || next === undefined) throw next
    return next
  }
  const time = fakeTime()
  const told: string[] = []
  const onWorkerDied = ({ message, cause }: Error) =>
    told.push(cause instanceof Error ? `${message} ${cause.message}` : message)
  const given = { ...(await options('auto')), onWorkerDied }
  const retriever = await createRetriever(given, { start, after: time.after })
  expect(retriever.workers()).toBe(1)
  first.die()
  await expect.poll(() => told.length).toBe(2)
  expect(retriever.workers()).toBe(0)
  await expect(retriever.nearest('q', never)).rejects.toMatchObject(failure)
  time.pass(1_000)
  await expect.poll(() => told.length).toBe(3)
  expect([retriever.workers(), lexical.thread.isDead()]).toEqual([0, true])
  expect(told).toEqual([
    'died',
    'A retrieval worker could not be started. no memory',
    expect.stringMatching(/could not be started\. It would use the lexical encoder instead of minilm/),
  ])
  time.pass(2_000)
  await expect.poll(retriever.workers).toBe(1)
  retriever.close()
  expect([second.thread.isDead(), time.armed.length]).toEqual([true, 0])
})

test('workers leave one core free, and are never more than four', () => {
  expect([1, 2, 3, 5, 64].map(workersFor)).toEqual([1, 1, 2, 4, 4])
})

test('damaged judgements on disk are judged again and written anew; a folder that cannot be written is told', async () => {
  const given = await options('lexical')
  const first = await createRetriever(given)
  first.close()
  expect(first.about.dataProblem).toBeUndefined()
  const name = (await readdir(given.dataPath)).find(file => file.startsWith('judged-')) ?? ''
  const path = join(given.dataPath, name)
  const whole = await readFile(path, 'utf8')
  for (const damage of ['', '{}', '[]', whole.replace('"row":3', '"row":9999')]) {
    await writeFile(path, damage)
    const again = await createRetriever(given)
    again.close()
    expect(again.about.judged).toEqual(first.about.judged)
    expect(await readFile(path, 'utf8')).toBe(whole)
  }
  const unwritable = await createRetriever({ ...given, dataPath: join(path, 'below') })
  unwritable.close()
  expect(unwritable.about.dataProblem).toMatch(/cannot be written/)
})

test('a damaged head on disk is fitted again, and says what it said before', async () => {
  const given = await options('lexical')
  const said = async () => {
    const retriever = await createRetriever(given)
    const { ranking } = await retriever.nearest('the deployment is stuck', AbortSignal.timeout(10_000))
    retriever.close()
    return ranking()
  }
  const first = await said()
  const heads = async () => (await readdir(given.dataPath)).filter(file => file.startsWith('head-'))
  const [name = ''] = await heads()
  const whole = await readFile(join(given.dataPath, name))
  for (const damage of [
    Buffer.alloc(0),
    whole.subarray(0, whole.length - 4),
    Buffer.from(whole).fill(7, 0, 64),
  ]) {
    await writeFile(join(given.dataPath, name), damage)
    expect(await said()).toEqual(first)
    expect(await readFile(join(given.dataPath, name))).toEqual(whole)
  }
  expect(await heads()).toEqual([name])
})

test('in a context of log lines that differ in their numbers alone, each is found as itself', async () => {
  const lines = Array.from({ length: 60 }, (_, i) => ({
    question: `2024-11-02 10:${10 + (i % 50)}:07 ERROR worker-${i} connection ${4000 + 37 * i} reset by peer`,
  }))
  const retriever = await createRetriever({
    ...(await options('auto')),
    texts: lines,
    tasks: lines.map((_, i) => (i % 2 === 0 ? 'a' : 'b')),
  })
  for (const { question } of lines) {
    const [nearest] = (await retriever.nearest(question, never)).neighbours()
    expect(nearest?.similarity).toBeGreaterThanOrEqual(0.45)
  }
  retriever.close()
})

test('questions are answered in order, and a worker has two at most; who leaves or comes too late is not encoded', async () => {
  const jobs = createJobs(2)
  const { thread, asked } = fakeThread()
  const leaving = new AbortController()
  jobs.offer(thread)
  const first = jobs.ask({ kind: 'nearest', text: 'first' }, never)
  const second = jobs.ask({ kind: 'nearest', text: 'second' }, never)
  const left = jobs.ask({ kind: 'nearest', text: 'left' }, leaving.signal)
  const third = jobs.ask({ kind: 'nearest', text: 'third' }, never)
  await expect(jobs.ask({ kind: 'nearest', text: 'too many' }, never)).rejects.toMatchObject({
    code: 'retrieval_failed',
  })
  leaving.abort()
  await expect(left).rejects.toThrow()
  expect(asked.map(({ text }) => text)).toEqual(['first', 'second'])
  asked[0]?.resolve(1)
  expect(await first).toBe(1)
  await expect.poll(() => asked.map(({ text }) => text)).toEqual(['first', 'second', 'third'])
  asked[1]?.resolve(2)
  asked[2]?.resolve(3)
  expect(await Promise.all([second, third])).toEqual([2, 3])
})
