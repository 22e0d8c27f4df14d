import OpenAI from 'openai'
import { zodFunction, zodResponseFormat, zodTextFormat } from 'openai/helpers/zod'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { QUESTION, useGateway } from './gateway.ts'

const place = useGateway({ COE_ENCODER: 'minilm' })
const connect = () => new OpenAI({ baseURL: place.baseURL, apiKey: 'none', maxRetries: 0 })
const messages = [{ role: 'user' as const, content: QUESTION }]

const Diagnosis = z.object({
  cause: z.string(),
  severity: z.enum(['low', 'high']),
  steps: z.array(z.string()),
})
const diagnosed = { cause: 'the cause', severity: 'low', steps: ['the steps'] }

const lookUp = {
  type: 'function' as const,
  function: {
    name: 'look_up',
    description: 'Looks a service up',
    parameters: { type: 'object', properties: { service: { type: 'string' } }, required: ['service'] },
  },
}

test('a completion comes with text, usage and whatever else was asked for, and the record disturbs nothing', async () => {
  const completion = await connect().chat.completions.create({
    model: 'gpt-4o',
    messages,
    n: 2,
    logprobs: true,
    seed: 7,
  })
  expect(completion.choices.map(choice => choice.message.content)).toEqual([
    `You asked: ${QUESTION}`,
    `You asked: ${QUESTION}`,
  ])
  expect(completion.choices[0]?.logprobs?.content?.[0]?.logprob).toBe(-0.25)
  expect(completion.usage).toEqual({ prompt_tokens: 5, completion_tokens: 9, total_tokens: 14 })
  expect(completion).toMatchObject({ coe: { task: 'operate', expert: 'fluent' } })
  expect(place.expert.received[0]?.body).toMatchObject({ model: 'fluent', n: 2, logprobs: true, seed: 7 })
})

test('a stream comes word by word and ends with its usage, keep-alive comments unseen', async () => {
  const stream = await connect().chat.completions.create({
    model: 'auto',
    messages,
    stream: true,
    stream_options: { include_usage: true },
  })
  const chunks: OpenAI.ChatCompletionChunk[] = []
  for await (const chunk of stream) chunks.push(chunk)
  const words = chunks.map(chunk => chunk.choices[0]?.delta.content ?? '')
  expect(words.join('')).toBe(`You asked: ${QUESTION}`)
  expect(words.filter(word => word !== '').length).toBeGreaterThan(5)
  expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { total_tokens: 14 } })
})

test("the client's own stream reader puts text and tool calls together, the record beside them", async () => {
  const said = await connect().chat.completions.stream({ model: 'auto', messages }).finalChatCompletion()
  expect(said.choices[0]?.message.content).toBe(`You asked: ${QUESTION}`)

  const events: string[] = []
  const stream = connect().chat.completions.stream({ model: 'auto', messages, tools: [lookUp] })
  stream.on('tool_calls.function.arguments.done', ({ name, arguments: given }) => events.push(name + given))
  const called = await stream.finalChatCompletion()
  expect(called.choices[0]?.message.tool_calls).toMatchObject([
    { id: 'call_1', function: { name: 'look_up', arguments: '{"service":"the service"}' } },
  ])
  expect(events).toEqual(['look_up{"service":"the service"}'])
})

test.each([false, true])(
  'runTools runs the tool that the expert calls and hands its result back (stream: %s)',
  async stream => {
    const given: unknown[] = []
    const tool = zodFunction({
      name: 'look_up',
      parameters: z.object({ service: z.string() }),
      function: args => {
        given.push(args)
        return 'out of memory'
      },
    })
    const run = connect().chat.completions.runTools({
      model: 'auto',
      messages,
      tools: [tool],
      stream,
    } as never)
    expect(await run.finalContent()).toBe('The tool says: out of memory')
    expect(given).toEqual([{ service: 'the service' }])
    const [first, second] = place.expert.received.map(({ body }) => body)
    expect(first.tools[0].function.strict).toBe(true)
    expect(second.messages.at(-1)).toMatchObject({ role: 'tool', tool_call_id: 'call_1' })
  },
)

test('both steps of a tool loop are the same task: the question is still the one that began it', async () => {
  const tools = [lookUp]
  const client = connect()
  const first = await client.chat.completions.create({ model: 'auto', messages, tools })
  const said = first.choices[0]!.message
  const result = { role: 'tool' as const, tool_call_id: 'call_1', content: 'helm upgrade hangs' }
  const second = await client.chat.completions.create({
    model: 'auto',
    messages: [...messages, said, result],
    tools,
  })
  const taskOf = (completion: unknown) => (completion as { coe: { task: string } }).coe.task
  expect([taskOf(first), taskOf(second)]).toEqual(['operate', 'operate'])
})

test('parse gives an object of the zod schema, streamed or not', async () => {
  const wanted = { model: 'auto', messages, response_format: zodResponseFormat(Diagnosis, 'diagnosis') }
  const parsed = await connect().chat.completions.parse(wanted)
  expect(parsed.choices[0]?.message.parsed).toEqual(diagnosed)
  const streamed = await connect().chat.completions.stream(wanted).finalChatCompletion()
  expect(streamed.choices[0]?.message.parsed).toEqual(diagnosed)
  expect(place.expert.received[0]?.body.response_format.json_schema).toMatchObject({ strict: true })
})

test('images and texts in one message reach the expert as they were sent', async () => {
  const content = [
    { type: 'text' as const, text: 'what does this dashboard say' },
    { type: 'image_url' as const, image_url: { url: 'data:image/png;base64,iVBORw0KGgo=' } },
  ]
  const completion = await connect().chat.completions.create({
    model: 'auto',
    messages: [{ role: 'user', content }],
  })
  expect(completion.choices[0]?.message.content).toBe('You asked: what does this dashboard say [image_url]')
  expect(place.expert.received[0]?.body.messages[0].content).toEqual(content)
})

test('embeddings come from the local encoder, and from an expert by its name or an alias', async () => {
  const client = connect()
  const local = await client.embeddings.create({ model: 'all-minilm-l6-v2', input: [QUESTION, 'disk full'] })
  expect(local.data.map(({ embedding }) => embedding.length)).toEqual([384, 384])
  const plain = await client.embeddings.create({
    model: 'all-minilm-l6-v2',
    input: QUESTION,
    encoding_format: 'float',
  })
  expect(plain.data[0]?.embedding[7]).toBeCloseTo(local.data[0]?.embedding[7] ?? Number.NaN, 6)
  for (const model of ['expert/fluent', 'text-embedding-3-small']) {
    const far = await client.embeddings.create({ model, input: [QUESTION], dimensions: 4 })
    expect(far.data.map(({ embedding }) => embedding.length)).toEqual([4])
    expect(far.usage.total_tokens).toBe(1)
  }
})

test('the models are listed page by page, and each can be asked for by the name it has there', async () => {
  const ids: string[] = []
  for await (const model of connect().models.list()) ids.push(model.id)
  expect(ids).toEqual(
    expect.arrayContaining(['auto', 'task/operate', 'expert/fluent', 'gpt-4o', 'all-minilm-l6-v2']),
  )
  const found = await Promise.all(ids.map(id => connect().models.retrieve(id)))
  expect(found.map(({ id }) => id)).toEqual(ids)
})

test('a response is created, streamed and parsed by an expert that speaks that API', async () => {
  const client = connect()
  const created = await client.responses.create({ model: 'auto', input: QUESTION })
  expect(created.output_text).toBe(`You asked: ${QUESTION}`)
  expect(created).toMatchObject({ coe: { task: 'operate' }, usage: { total_tokens: 8 } })

  const streamed = await client.responses.stream({ model: 'auto', input: messages }).finalResponse()
  expect(streamed.output).toMatchObject([{ content: [{ text: `You asked: ${QUESTION}` }] }])
  const types: string[] = []
  for await (const event of await client.responses.create({ model: 'auto', input: QUESTION, stream: true })) {
    types.push(event.type)
  }
  expect([types[0], types.at(-1)]).toEqual(['response.created', 'response.completed'])

  const text = { format: zodTextFormat(Diagnosis, 'diagnosis') }
  const parsed = await client.responses.parse({ model: 'auto', input: QUESTION, text })
  expect(parsed.output_parsed).toEqual(diagnosed)
})

test('a response calls a tool, and takes its result in the next one', async () => {
  const client = connect()
  const tools = [{ ...lookUp.function, type: 'function' as const, strict: true }]
  const first = await client.responses.stream({ model: 'auto', input: QUESTION, tools }).finalResponse()
  expect(first.output).toMatchObject([{ type: 'function_call', arguments: '{"service":"the service"}' }])
  const output = { type: 'function_call_output' as const, call_id: 'call_1', output: 'out of memory' }
  const call = { type: 'function_call' as const, call_id: 'call_1', name: 'look_up', arguments: '{}' }
  const input = [...messages, call, output]
  const second = await client.responses.create({ model: 'auto', input, tools })
  expect(second.output_text).toBe('The tool says: out of memory')
  expect(second).toMatchObject({ coe: { task: 'operate' } })
})
