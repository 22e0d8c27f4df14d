import { type AIMessageChunk, HumanMessage, SystemMessage, type ToolMessage } from '@langchain/core/messages'
import { tool } from '@langchain/core/tools'
import { ChatOpenAI, OpenAIEmbeddings } from '@langchain/openai'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { QUESTION, useGateway } from './gateway.ts'

const place = useGateway({ COE_ENCODER: 'minilm' })
const connect = (more: Partial<ConstructorParameters<typeof ChatOpenAI>[0]> = {}) =>
  new ChatOpenAI({
    model: 'auto',
    apiKey: 'none',
    maxRetries: 0,
    configuration: { baseURL: place.baseURL },
    ...more,
  })

const lookUp = tool(async ({ service }) => `${service} is out of memory`, {
  name: 'look_up',
  description: 'Looks a service up',
  schema: z.object({ service: z.string() }),
})

const listen = async (streaming: Promise<AsyncIterable<AIMessageChunk>>): Promise<AIMessageChunk[]> => {
  const chunks: AIMessageChunk[] = []
  for await (const chunk of await streaming) chunks.push(chunk)
  return chunks
}

const joined = (chunks: AIMessageChunk[]) => chunks.reduce((whole, chunk) => whole.concat(chunk))

test('invoke gives the text, the usage and the reason', async () => {
  const answer = await connect().invoke([new SystemMessage('Be brief.'), new HumanMessage(QUESTION)])
  expect(answer.content).toBe(`You asked: ${QUESTION}`)
  expect(answer.usage_metadata).toMatchObject({ input_tokens: 10, output_tokens: 9, total_tokens: 19 })
  expect(answer.response_metadata).toMatchObject({ finish_reason: 'stop', model_name: 'fluent' })
})

test('stream gives the text piece by piece and the usage at the end', async () => {
  const chunks = await listen(connect().stream(QUESTION))
  const whole = joined(chunks)
  expect(whole.content).toBe(`You asked: ${QUESTION}`)
  expect(chunks.filter(({ content }) => content !== '').length).toBeGreaterThan(5)
  expect(whole).toMatchObject({ usage_metadata: { total_tokens: 14 } })
})

test('a bound tool is called, and its result answers the question', async () => {
  const model = connect().bindTools([lookUp])
  const asked = new HumanMessage(QUESTION)
  const called = await model.invoke([asked])
  expect(called.tool_calls).toMatchObject([
    { name: 'look_up', args: { service: 'the service' }, id: 'call_1' },
  ])
  const result: ToolMessage = await lookUp.invoke(called.tool_calls?.[0] as never)
  const answer = await model.invoke([asked, called, result])
  expect(answer.content).toBe('The tool says: the service is out of memory')
})

test('a tool call that is streamed in pieces is put together again', async () => {
  const called = joined(await listen(connect().bindTools([lookUp]).stream(QUESTION)))
  expect(called.tool_calls).toMatchObject([{ name: 'look_up', args: { service: 'the service' } }])
})

test.each(['jsonSchema', 'functionCalling'] as const)(
  'structured output is an object of the schema (%s)',
  async method => {
    const schema = z.object({ cause: z.string(), urgent: z.boolean() })
    const model = connect().withStructuredOutput(schema, { method, name: 'diagnosis' })
    expect(await model.invoke(QUESTION)).toEqual({ cause: 'the cause', urgent: true })
  },
)

test('embeddings come from the local encoder: one of a question, many of documents', async () => {
  const embeddings = new OpenAIEmbeddings({
    model: 'all-minilm-l6-v2',
    apiKey: 'none',
    maxRetries: 0,
    configuration: { baseURL: place.baseURL },
  })
  const one = await embeddings.embedQuery(QUESTION)
  const many = await embeddings.embedDocuments(['disk\nfull', QUESTION])
  expect([one.length, ...many.map(vector => vector.length)]).toEqual([384, 384, 384])
  expect(one[0]).toBeCloseTo(many[1]?.[0] ?? Number.NaN, 5)
})

test('the Responses API is used through the same class', async () => {
  const answer = await connect({ useResponsesApi: true }).invoke(QUESTION)
  expect(answer.text).toBe(`You asked: ${QUESTION}`)
  expect(place.expert.received.map(({ path }) => path)).toEqual(['/v1/responses'])
})

test("errors carry the gateway's words, and a stream that breaks off is one", async () => {
  await expect(connect({ model: 'gpt-9' }).invoke(QUESTION)).rejects.toThrow(/"gpt-9" does not exist here/)
  await expect(connect({ model: 'expert/status-422' }).invoke(QUESTION)).rejects.toThrow(
    "the expert's own words about 422",
  )
  await expect(listen(connect({ model: 'expert/cut' }).stream(QUESTION))).rejects.toThrow(
    'Expert "cut" broke off in the middle of its answer.',
  )
})

test('an aborted chain is a cancelled call at the expert', async () => {
  const controller = new AbortController()
  const arriving = place.expert.next()
  const work = connect({ model: 'expert/silent' }).invoke(QUESTION, { signal: controller.signal })
  const failing = expect(work).rejects.toThrow(/abort/i)
  const received = await arriving
  controller.abort()
  await failing
  await received.left
})
