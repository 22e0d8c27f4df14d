import type OpenAI from 'openai'
import { expect, test, vi } from 'vitest'
import { fails, resets, says, startExpert, whole } from '../support/expert-server.ts'
import { ask, mapOf, remote, startGateway } from '../support/gateway.ts'

type WithRecord = {
  coe: { task: string; expert: string; decided_by: string; tried: string[]; snapshot: string }
}

const pod = { role: 'user' as const, content: 'my pod restarts with exit code 137' }

test('the openai client gets the answer of the expert that the map names, and is told why', async () => {
  await using good = await startExpert(says('check the memory limit'))
  await using other = await startExpert(says('never asked'))
  const map = mapOf({ a: remote(good.url), b: remote(other.url) })
  map.tasks.operate.experts = ['a']
  map.unknown = ['b']
  await using gateway = await startGateway(map)

  const { data, response } = await gateway.client.chat.completions
    .create({ model: 'auto', messages: [pod] })
    .withResponse()
  expect(data.choices[0]?.message.content).toBe('check the memory limit')
  expect((data as unknown as WithRecord).coe).toMatchObject({ task: 'operate', expert: 'a', tried: ['a'] })
  expect(response.headers.get('x-coe-task')).toBe('operate')
  expect(response.headers.get('x-coe-snapshot')).toBe(gateway.live.current().snapshot.version)
  expect(response.headers.get('x-request-id')).toMatch(/.{8}/)
  expect(other.received).toHaveLength(0)
})

test('a stream arrives piece by piece, with the record on its first chunk only', async () => {
  await using expert = await startExpert(says('one two three'))
  await using gateway = await startGateway(mapOf({ a: remote(expert.url) }))
  const stream = await gateway.client.chat.completions.create({
    model: 'auto',
    messages: [pod],
    stream: true,
  })
  const chunks: OpenAI.ChatCompletionChunk[] = []
  for await (const chunk of stream) chunks.push(chunk)
  expect(chunks.map(chunk => chunk.choices[0]?.delta.content ?? '').join('')).toBe('one two three')
  expect(chunks.map(chunk => 'coe' in chunk)).toEqual([true, ...chunks.slice(1).map(() => false)])
})

test("an expert's bytes are relayed unchanged when the client does not want the record", async () => {
  await using expert = await startExpert(says('exact'))
  await using gateway = await startGateway(mapOf({ a: remote(expert.url) }))
  const response = await gateway.post('/v1/chat/completions', ask('hello'), {
    headers: { 'content-type': 'application/json', 'x-coe-body': 'off' },
  })
  expect(await response.text()).toBe(whole('exact'))
})

test('a request reaches the expert byte for byte, with only the model replaced', async () => {
  await using expert = await startExpert()
  await using gateway = await startGateway(mapOf({ a: remote(expert.url, { model: 'big-one' }) }))
  const sent =
    '{ "messages":[{"role":"user","content":"disk \\u0066ull, \\"model\\": \\"x\\""}],"seed":9007199254740993,\n "model" : "auto", "new_field":{"model":"inner"} , "tools":[] }'
  await gateway.post('/v1/chat/completions', sent)
  expect(expert.received[0]?.bytes.toString()).toBe(sent.replace('"auto"', '"big-one"'))
})

test('an expert that fails before its first byte is replaced by the next one, streamed or not', async () => {
  await using broken = await startExpert(fails(503))
  await using good = await startExpert(says('second'))
  await using gateway = await startGateway(mapOf({ a: remote(broken.url), b: remote(good.url) }))
  for (const stream of [false, true]) {
    for (const behaviour of [fails(500), fails(429), fails(401), resets()]) {
      broken.behave(behaviour)
      const response = await gateway.post('/v1/chat/completions', ask('disk is full', { stream }))
      expect(response.status).toBe(200)
      expect(await response.text()).toContain('second')
      expect(response.headers.get('x-coe-tried')).toBe('a,b')
    }
  }
})

test('a model name can pin a task or an expert, and an alias means what the map says', async () => {
  await using a = await startExpert(says('from a'))
  await using b = await startExpert(says('from b'))
  const map = mapOf({ a: remote(a.url), b: remote(b.url) }, { aliases: { 'gpt-4o': 'expert/b' } })
  await using gateway = await startGateway(map)
  const said = async (model: string) => {
    const completion = await gateway.client.chat.completions.create({ model, messages: [pod] })
    const { coe } = completion as unknown as WithRecord
    return [completion.choices[0]?.message.content, coe.task, coe.decided_by]
  }
  expect(await said('task/build')).toEqual(['from a', 'build', 'pinned'])
  expect(await said('expert/b')).toEqual(['from b', 'unknown', 'pinned'])
  expect(await said('gpt-4o')).toEqual(['from b', 'unknown', 'pinned'])
})

test('the models that a client may name are listed, each can be asked for, and nothing else exists', async () => {
  await using gateway = await startGateway(mapOf({ runbook: { builtin: 'runbook' } }))
  const ids = (await gateway.client.models.list()).data.map(model => model.id)
  expect(ids).toEqual(['auto', 'task/build', 'task/deploy', 'task/operate', 'task/unknown', 'expert/runbook'])
  for (const id of ids) expect((await gateway.client.models.retrieve(id)).id).toBe(id)
  await expect(gateway.client.models.retrieve('gpt-9')).rejects.toMatchObject({
    status: 404,
    code: 'model_not_found',
  })
})

test('completions and responses are routed by what they ask, streamed or not', async () => {
  await using gateway = await startGateway(mapOf({ runbook: { builtin: 'runbook' } }))
  const { client } = gateway
  const completion = await client.completions.create({ model: 'auto', prompt: pod.content })
  expect(completion.choices[0]?.text).toContain('OOMKilled')
  const response = await client.responses.create({ model: 'auto', input: pod.content })
  expect(response.output_text).toContain('OOMKilled')

  let text = ''
  for await (const event of await client.responses.create({ model: 'auto', input: [pod], stream: true })) {
    if (event.type === 'response.output_text.delta') text += event.delta
  }
  expect(text).toBe(response.output_text)
  let completed = ''
  for await (const part of await client.completions.create({
    model: 'auto',
    prompt: pod.content,
    stream: true,
  })) {
    completed += part.choices[0]?.text ?? ''
  }
  expect(completed).toBe(completion.choices[0]?.text)
})

test('the built-in expert quotes the runbook of the nearest question and names its file, in one piece or many', async () => {
  await using gateway = await startGateway(mapOf({ runbook: { builtin: 'runbook' } }))
  const completion = await gateway.client.chat.completions.create({ model: 'auto', messages: [pod] })
  const text = completion.choices[0]?.message.content ?? ''
  expect(text).toContain('kubectl describe pod POD')
  expect(text).toContain('Source: runbooks/exit-137.md')
  let streamed = ''
  const stream = await gateway.client.chat.completions.create({
    model: 'auto',
    messages: [pod],
    stream: true,
  })
  for await (const chunk of stream) streamed += chunk.choices[0]?.delta.content ?? ''
  expect(streamed).toBe(text)
})

test('what the built-in expert quotes is looked for once, also where it is named or words decide', async () => {
  await using gateway = await startGateway(mapOf({ runbook: { builtin: 'runbook' } }))
  const nearest = vi.spyOn(gateway.live.current().snapshot.retriever, 'nearest')
  const asked = async (model: string) => {
    const { choices } = await gateway.client.chat.completions.create({ model, messages: [pod] })
    return choices[0]?.message.content
  }
  for (const model of ['auto', 'task/operate', 'expert/runbook']) {
    const first = await asked(model)
    const before = nearest.mock.calls.length
    const again = await asked(model)
    expect([again, nearest.mock.calls.length]).toEqual([first, before])
  }
  expect(nearest).toHaveBeenCalled()
})

test('the built-in expert says plainly when it knows nothing', async () => {
  await using gateway = await startGateway(mapOf({ runbook: { builtin: 'runbook' } }))
  const completion = await gateway.client.chat.completions.create({
    model: 'auto',
    messages: [{ role: 'user', content: 'quantum chromodynamics lattice' }],
  })
  expect(completion.choices[0]?.message.content).toContain('knows no answer to this')
})
