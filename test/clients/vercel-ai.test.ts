import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import {
  APICallError,
  embed,
  embedMany,
  generateObject,
  generateText,
  Output,
  stepCountIs,
  streamText,
  tool,
} from 'ai'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { QUESTION, useGateway } from './gateway.ts'

const place = useGateway({ COE_ENCODER: 'minilm' })
const connect = () =>
  createOpenAICompatible({
    name: 'coe-ops',
    baseURL: place.baseURL,
    apiKey: 'none',
    includeUsage: true,
    supportsStructuredOutputs: true,
  })
const wanted = (model = 'auto') => ({ model: connect()(model), prompt: QUESTION, maxRetries: 0 })

const schema = z.object({ cause: z.string(), urgent: z.boolean() })
const diagnosed = { cause: 'the cause', urgent: true }

const lookUp = tool({
  description: 'Looks a service up',
  inputSchema: z.object({ service: z.string() }),
  execute: async ({ service }) => `${service} is out of memory`,
})

test('generateText gives the text, the usage, and what was decided in the headers', async () => {
  const result = await generateText(wanted())
  expect(result.text).toBe(`You asked: ${QUESTION}`)
  expect(result.finishReason).toBe('stop')
  expect(result.usage).toMatchObject({ inputTokens: 5, outputTokens: 9, totalTokens: 14 })
  expect(result.response.headers).toMatchObject({ 'x-coe-task': 'operate', 'x-coe-expert': 'fluent' })
  expect(result.response.body).toMatchObject({ coe: { task: 'operate' } })
})

test('streamText gives the text piece by piece and the usage at the end', async () => {
  const result = streamText(wanted())
  const pieces: string[] = []
  for await (const piece of result.textStream) pieces.push(piece)
  expect(pieces.join('')).toBe(`You asked: ${QUESTION}`)
  expect(pieces.length).toBeGreaterThan(5)
  expect(await result.usage).toMatchObject({ totalTokens: 14 })
  expect(await result.finishReason).toBe('stop')
})

test('a loop of tools runs to its end, streamed or not, and stays with one task', async () => {
  const loop = { ...wanted(), tools: { lookUp }, stopWhen: stepCountIs(3) }
  const whole = await generateText(loop)
  expect(whole.steps.map(step => step.toolResults.map(({ output }) => output))).toEqual([
    ['the service is out of memory'],
    [],
  ])
  const streamed = streamText(loop)
  expect(await streamed.text).toBe(whole.text)
  expect(whole.text).toContain('the service is out of memory')
  expect(whole.steps.map(step => step.response.headers?.['x-coe-task'])).toEqual(['operate', 'operate'])
})

test('generateObject and Output.object give an object of the zod schema', async () => {
  expect((await generateObject({ ...wanted(), schema })).object).toEqual(diagnosed)
  expect((await generateText({ ...wanted(), output: Output.object({ schema }) })).output).toEqual(diagnosed)
  const streamed = streamText({ ...wanted(), output: Output.object({ schema }) })
  const partial: unknown[] = []
  for await (const part of streamed.partialOutputStream) partial.push(part)
  expect(partial.at(-1)).toEqual(diagnosed)
  expect(place.expert.received[0]?.body.response_format.type).toBe('json_schema')
})

test('embed and embedMany use the local encoder', async () => {
  const model = connect().embeddingModel('all-minilm-l6-v2')
  const one = await embed({ model, value: QUESTION, maxRetries: 0 })
  const many = await embedMany({ model, values: ['disk full', QUESTION], maxRetries: 0 })
  expect(many.embeddings[1]).toEqual(one.embedding)
  expect(one.embedding).toHaveLength(384)
})

test("an error is an APICallError with the gateway's words, and says whether trying again is any use", async () => {
  const failure = async (model: string) =>
    await generateText(wanted(model)).then(
      () => undefined,
      (error: unknown) => error as APICallError,
    )
  const missing = await failure('gpt-9')
  expect(APICallError.isInstance(missing)).toBe(true)
  expect(missing).toMatchObject({ statusCode: 404, isRetryable: false })
  expect(missing?.message).toMatch(/"gpt-9" does not exist here/)
  const limited = await failure('expert/status-429')
  expect(limited).toMatchObject({
    statusCode: 429,
    isRetryable: true,
    message: "the expert's own words about 429",
  })
})

test('a stream that breaks off is an error part after its words, not a short answer', async () => {
  const errors: unknown[] = []
  const result = streamText({ ...wanted('expert/cut'), onError: ({ error }) => void errors.push(error) })
  const types: string[] = []
  for await (const part of result.fullStream) types.push(part.type)
  expect(types).toContain('text-delta')
  expect(types).toContain('error')
  expect(errors).toMatchObject([
    { code: 'expert_truncated', message: 'Expert "cut" broke off in the middle of its answer.' },
  ])
})

test('an aborted generation is a cancelled call at the expert', async () => {
  const controller = new AbortController()
  const arriving = place.expert.next()
  const work = generateText({ ...wanted('expert/silent'), abortSignal: controller.signal })
  const failing = expect(work).rejects.toThrow(/abort/i)
  const received = await arriving
  controller.abort()
  await failing
  await received.left
})
