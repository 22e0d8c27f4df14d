import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Worker } from 'node:worker_threads'
import { afterEach, expect, onTestFinished, test, vi } from 'vitest'
import { Counter } from '../../src/observe/series.ts'
import { inFull } from '../../src/routing/in-full.ts'
import { createPipeline } from '../../src/routing/pipeline.ts'
import { diesAfter, fails, hangs, resets, says, startExpert } from '../support/expert-server.ts'
import { ask, json, mapOf, type RunningGateway, remote, root, startGateway } from '../support/gateway.ts'

afterEach(() => void vi.restoreAllMocks())

const pod = 'my pod restarts with exit code 137'
const runbook = { runbook: { builtin: 'runbook' } }

const answered = async (gateway: RunningGateway, question = pod) => {
  const response = await gateway.post('/v1/chat/completions', ask(question))
  const { choices, coe } = await json(response)
  expect(response.status).toBe(200)
  expect(choices[0].message.content).toMatch(/./)
  return { task: coe.task, by: coe.decided_by, expert: coe.expert, tried: coe.tried }
}

/** The worker threads that are started from here on. */
const watchWorkers = () => {
  const workers: Worker[] = []
  const started = (worker: Worker) => workers.push(worker)
  process.on('worker', started)
  return { workers, [Symbol.dispose]: () => void process.off('worker', started) }
}

test('while its workers die under the questions, each is answered, and the workers come back', async () => {
  using watched = watchWorkers()
  await using gateway = await startGateway(mapOf(runbook))
  const questions = Array.from({ length: 40 }, (_, i) => answered(gateway, `${pod} on node ${i}`))
  await Promise.race(questions)
  await Promise.all(watched.workers.map(worker => worker.terminate()))
  await Promise.all(questions)
  expect(await answered(gateway, 'and while there is none')).toMatchObject({ expert: 'runbook' })
  await expect.poll(() => gateway.live.current().snapshot.retriever.workers()).toBe(1)
  expect((await answered(gateway, `${pod} again`)).task).toBe('operate')
})

test('an encoder that throws leaves a question without neighbours, not without an answer', async () => {
  await using gateway = await startGateway(mapOf(runbook))
  vi.spyOn(gateway.live.current().snapshot.retriever, 'nearest').mockRejectedValue(
    new Error('planted failure'),
  )
  expect(await answered(gateway)).toEqual({
    task: 'unknown',
    by: 'fallback',
    expert: 'runbook',
    tried: ['runbook'],
  })
  expect(gateway.logged.join('')).toContain('planted failure')
  vi.restoreAllMocks()
  // And nothing of it is remembered.
  expect((await answered(gateway)).task).toBe('operate')
})

test('weights that are damaged are done without, and /readyz says so', async () => {
  const models = join(await freshFolder(), 'models')
  await mkdir(join(models, 'Xenova/all-MiniLM-L6-v2/onnx'), { recursive: true })
  for (const name of [
    'tokenizer.json',
    'tokenizer_config.json',
    'config.json',
    'onnx/model_quantized.onnx',
  ]) {
    await writeFile(join(models, 'Xenova/all-MiniLM-L6-v2', name), '{"not": "what it should be"}')
  }
  await using gateway = await startGateway(mapOf(runbook), { COE_ENCODER: 'auto', COE_MODELS: models })
  expect((await answered(gateway)).task).toBe('operate')
  expect(await json(fetch(`${gateway.url}/readyz`))).toMatchObject({ status: 'degraded', encoder: 'lexical' })
})

const freshFolder = async () => {
  const folder = join(await mkdtemp(join(tmpdir(), 'coe-never-')))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}

test('what is kept on disk may be damaged: it is made anew, and the answer is the same', async () => {
  const data = await freshFolder()
  const shipped = (await readFile(join(root, 'context/devops-lifecycle.jsonl'), 'utf8')).split('\n')
  const examples = shipped.flatMap(line => {
    const { question, task } = JSON.parse(line || '{}')
    return question && ['build', 'deploy', 'operate'].includes(task)
      ? [JSON.stringify({ question, task })]
      : []
  })
  await writeFile(join(data, 'examples.jsonl'), examples.slice(0, 500).join('\n'))
  const map = mapOf(runbook, { context: [join(data, 'examples.jsonl')] })
  const environment = { COE_ENCODER: 'auto', COE_DATA: join(data, 'kept') }
  const sure = async () => {
    await using gateway = await startGateway(map, environment)
    const { index } = gateway.live.current().snapshot.retriever.about
    return [index, await answered(gateway)]
  }
  const before = await sure()
  const kept = (await readdir(join(data, 'kept'), { recursive: true, withFileTypes: true })).filter(entry =>
    entry.isFile(),
  )
  expect(kept.length).toBeGreaterThan(1)
  for (const { parentPath, name } of kept) {
    const path = join(parentPath, name)
    const bytes = await readFile(path)
    await writeFile(path, Buffer.concat([bytes.subarray(0, bytes.length / 2), Buffer.from('damaged')]))
  }
  expect(await sure()).toEqual(before)
})

test('a store of remembered decisions that is full forgets the oldest, and decides it again', async () => {
  await using judge = await startExpert(says('**Task: [operate]**'))
  const map = mapOf({ judge: remote(judge.url) }, { classifier: { expert: 'judge', use: 'always' } })
  await using gateway = await startGateway(map)
  const told: boolean[] = []
  const silent = { classified() {}, expertAnswered() {}, expertFailed() {}, retrievalFailed() {} }
  const pipeline = createPipeline(
    { ...silent, decided: (_decision, remembered) => void told.push(remembered) },
    2,
  )
  const serving = gateway.live.current()
  const route = async (text: string) => {
    const question = { text, target: { kind: 'auto' }, hop: 1 } as const
    const { decision } = await pipeline.route(serving, question, new AbortController().signal)
    return inFull(decision, serving.snapshot)
  }
  const first = await route(pod)
  for (const text of [pod, 'maven build fails', 'helm upgrade is stuck', pod]) await route(text)
  expect(told).toEqual([false, true, false, false, false])
  expect(await route(pod)).toEqual(first)
})

test('metrics and log may fail at every word that is announced: the answer is the same', async () => {
  const broken = vi.fn(() => {
    throw new Error('planted failure')
  })
  vi.spyOn(Counter.prototype, 'inc').mockImplementation(broken)
  await using gateway = await startGateway(mapOf(runbook))
  gateway.logged.push = broken
  broken.mockClear()
  for (const stream of [false, true]) {
    const response = await gateway.post('/v1/chat/completions', ask(pod, { stream }))
    expect([response.status, (await response.text()).includes('kubectl')]).toEqual([200, true])
  }
  expect((await gateway.post('/v1/chat/completions', ask('x', { model: 'nope' }))).status).toBe(404)
  expect(broken.mock.calls.length).toBeGreaterThan(5)
})

test('a classifier that hangs costs its own deadline, and the neighbours decide', async () => {
  await using judge = await startExpert(hangs())
  const map = mapOf(
    { ...runbook, judge: remote(judge.url) },
    { classifier: { expert: 'judge', use: 'always', timeout: '100ms' } },
  )
  for (const task of Object.values(map.tasks)) task.experts = ['runbook']
  await using gateway = await startGateway(map)
  expect(await answered(gateway)).toMatchObject({ task: 'operate', by: 'fallback' })
})

test('when all experts of a task are down the experts of unknown are asked, then the built-in one', async () => {
  await using a = await startExpert(fails(500))
  await using b = await startExpert(says('from unknown'))
  const map = mapOf({ a: remote(a.url), b: remote(b.url), ...runbook })
  for (const task of Object.values(map.tasks)) task.experts = ['a']
  map.unknown = ['b']
  await using gateway = await startGateway(map)
  expect(await answered(gateway)).toMatchObject({ task: 'operate', expert: 'b', tried: ['a', 'b'] })
  b.behave(resets())
  expect(await answered(gateway)).toMatchObject({
    task: 'operate',
    expert: 'runbook',
    tried: ['a', 'b', 'runbook'],
  })
})

test('when nobody is left the status says what kind of failure it was, and each cause stands in the answer', async () => {
  await using a = await startExpert()
  await using b = await startExpert()
  const more = { timeout: '400ms', concurrency: 1, queue: 0 }
  // A second attempt comes at once: its wait is of any length, and could outlast the deadline.
  vi.spyOn(Math, 'random').mockReturnValue(0)
  await using gateway = await startGateway(mapOf({ a: remote(a.url, more), b: remote(b.url, more) }))
  const failing = async () => {
    const response = await gateway.post('/v1/chat/completions', ask(pod))
    const { error } = await json(response)
    return [response.status, ...error.causes.map((cause: { code: string }) => cause.code)]
  }
  a.behave(fails(500))
  b.behave(hangs())
  expect(await failing()).toEqual([502, 'expert_unavailable', 'expert_timeout'])
  a.behave(hangs())
  expect(await failing()).toEqual([504, 'expert_timeout', 'expert_timeout'])
  for (const expert of [a, b]) expert.behave(fails(429, { 'retry-after': '30' }))
  expect(await failing()).toEqual([503, 'expert_rate_limited', 'expert_rate_limited'])
  const paused = await gateway.post('/v1/chat/completions', ask(pod))
  expect([paused.status, paused.headers.get('retry-after')]).toEqual([503, '30'])
  expect((await json(paused)).error.causes[0].message).toBe('Expert "a" asked for a pause and is left alone.')
  expect(a.received).toHaveLength(4)
})

test('an expert that broke off in the middle is asked again: others may have a whole answer of it', async () => {
  await using a = await startExpert(diesAfter('one '))
  await using gateway = await startGateway(mapOf({ a: remote(a.url) }))
  const text = await (await gateway.post('/v1/chat/completions', ask(pod, { stream: true }))).text()
  expect(text).toContain('expert_truncated')
  a.behave(says('whole'))
  expect(await (await gateway.post('/v1/chat/completions', ask(pod))).text()).toContain('whole')
})
