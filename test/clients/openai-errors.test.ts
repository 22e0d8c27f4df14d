import OpenAI, {
  APIConnectionError,
  APIConnectionTimeoutError,
  APIError,
  APIUserAbortError,
  AuthenticationError,
  BadRequestError,
  type ClientOptions,
  InternalServerError,
  NotFoundError,
  RateLimitError,
  UnprocessableEntityError,
} from 'openai'
import { expect, test } from 'vitest'
import { says } from '../support/expert-server.ts'
import { QUESTION, useGateway } from './gateway.ts'
import { ASKED_WAIT_MS, talks } from './talking-expert.ts'

const place = useGateway({ COE_API_KEYS: 'tests:the-key' })
const connect = (more: ClientOptions = {}) =>
  new OpenAI({ baseURL: place.baseURL, apiKey: 'the-key', maxRetries: 0, ...more })
const messages = [{ role: 'user' as const, content: QUESTION }]
const ask = (model: string, client = connect()) => client.chat.completions.create({ model, messages })

/** What a program sees that catches the error and looks at it. */
const caught = async (work: PromiseLike<unknown>): Promise<APIError> =>
  await work.then(
    () => {
      throw new Error('it did not fail')
    },
    (error: unknown) => error as APIError,
  )

test('a wrong key is an AuthenticationError that says what to send', async () => {
  const error = await caught(ask('auto', connect({ apiKey: 'guessed' })))
  expect(error).toBeInstanceOf(AuthenticationError)
  expect(error).toMatchObject({ status: 401, code: 'invalid_api_key', type: 'authentication_error' })
  expect(error.message).toBe('401 The API key is missing or wrong: send "Authorization: Bearer KEY".')
})

test('a model that is not there is a NotFoundError that names those that are', async () => {
  const error = await caught(ask('gpt-9'))
  expect(error).toBeInstanceOf(NotFoundError)
  expect(error).toMatchObject({ code: 'model_not_found', param: 'model' })
  expect(error.message).toMatch(/"gpt-9" does not exist here. Use one of: auto, task\/build/)
  expect(await caught(connect().models.retrieve('gpt-9'))).toBeInstanceOf(NotFoundError)
})

test('a path that this gateway does not have is a NotFoundError, not a riddle', async () => {
  const error = await caught(connect().files.list())
  expect(error).toBeInstanceOf(NotFoundError)
  expect(error.message).toContain('There is no GET /v1/files here')
})

test('a body that makes no sense is a BadRequestError that names the field', async () => {
  const error = await caught(connect().chat.completions.create({ model: 'auto', messages: [] }))
  expect(error).toBeInstanceOf(BadRequestError)
  expect(error).toMatchObject({ status: 400, code: 'invalid_request', param: 'messages' })
  expect(error.requestID).toMatch(/^[\w-]{8,}$/)
})

test("what an expert finds wrong with a request reaches the caller in the expert's own words", async () => {
  const refused = await caught(ask('expert/status-400'))
  expect(refused).toBeInstanceOf(BadRequestError)
  expect(refused).toMatchObject({ code: 'its_own', param: 'temperature' })
  expect(refused.message).toBe("400 the expert's own words about 400")
  expect(await caught(ask('expert/status-422'))).toBeInstanceOf(UnprocessableEntityError)
})

test('an expert that broke down is an InternalServerError with its name in it', async () => {
  const error = await caught(ask('expert/status-503'))
  expect(error).toBeInstanceOf(InternalServerError)
  expect(error.status).toBe(503)
  expect(error.headers?.get('x-coe-tried')).toBe('status-503')
})

test('a rate limit is a RateLimitError, and the client comes back when it was told to', async () => {
  const error = await caught(ask('expert/status-429'))
  expect(error).toBeInstanceOf(RateLimitError)
  expect(Number(error.headers?.get('retry-after-ms'))).toBe(ASKED_WAIT_MS)
  expect(error.headers?.get('retry-after')).toBe('2')

  place.expert.behave(says('better now'))
  const began = Date.now()
  const completion = await ask('expert/status-429', connect({ maxRetries: 1 })).finally(() =>
    place.expert.behave(talks()),
  )
  expect(completion.choices[0]?.message.content).toBe('better now')
  expect(Date.now() - began).toBeGreaterThan(ASKED_WAIT_MS - 300)
  expect(Date.now() - began).toBeLessThan(ASKED_WAIT_MS + 30_000)
})

/** Requests that reached the gateway, by its own log. */
const asked = () => place.gateway.logged.filter(line => line.includes('"answered"')).length

test('a circle of gateways is not walked again: the client is told that retrying is no use', async () => {
  const before = asked()
  const circling = connect({ maxRetries: 2, defaultHeaders: { 'x-coe-hop': '5' } })
  const error = await caught(ask('auto', circling))
  expect(error).toMatchObject({ status: 508, code: 'loop_detected' })
  expect(error.headers?.get('x-should-retry')).toBe('false')
  expect(asked() - before).toBe(1)
})

test("an expert's word on whether to try again is passed on to who asked for that expert", async () => {
  place.expert.behave((_received, response) => {
    response.writeHead(429, { 'content-type': 'application/json', 'x-should-retry': 'false' })
    response.end('{"error":{"message":"the quota is used up","type":"insufficient_quota"}}')
  })
  const before = asked()
  const error = await caught(ask('expert/fluent', connect({ maxRetries: 2 }))).finally(() =>
    place.expert.behave(talks()),
  )
  expect(error).toBeInstanceOf(RateLimitError)
  expect(error.message).toBe('429 the quota is used up')
  expect(asked() - before).toBe(1)
})

test("the client's own timeout ends the expert's work too", async () => {
  const arriving = place.expert.next()
  const error = await caught(ask('expert/silent', connect({ timeout: 150 })))
  expect(error).toBeInstanceOf(APIConnectionTimeoutError)
  await (await arriving).left
})

test('an aborted call is an APIUserAbortError here and a cancelled one at the expert', async () => {
  const arriving = place.expert.next()
  const controller = new AbortController()
  const call = connect().chat.completions.create(
    { model: 'expert/silent', messages, stream: true },
    { signal: controller.signal },
  )
  const received = await arriving
  controller.abort()
  expect(await caught(call)).toBeInstanceOf(APIUserAbortError)
  await received.left
})

test('a stream that is left after its first words is left at the expert too', async () => {
  let left: Promise<void> | undefined
  place.expert.behave((received, response) => {
    left = received.left
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write('data: {"choices":[{"index":0,"delta":{"content":"a"}}]}\n\n')
  })
  const stream = await connect().chat.completions.create({ model: 'auto', messages, stream: true })
  for await (const chunk of stream) {
    expect(chunk.choices[0]?.delta.content).toBe('a')
    break
  }
  await left
  place.expert.behave(talks())
})

test.each(['chat', 'responses'])(
  'an expert that breaks off in the middle is an error in the loop, not a short answer (%s)',
  async api => {
    const client = connect()
    const heard: unknown[] = []
    const listen = async () => {
      const model = 'expert/cut'
      const stream: AsyncIterable<unknown> =
        api === 'chat'
          ? await client.chat.completions.create({ model, messages, stream: true })
          : await client.responses.create({ model, input: QUESTION, stream: true })
      for await (const chunk of stream) heard.push(chunk)
    }
    const error = await caught(listen())
    expect(error).toBeInstanceOf(APIError)
    expect(error).toMatchObject({ code: 'expert_truncated' })
    expect(error.message).toBe('Expert "cut" broke off in the middle of its answer.')
    expect(heard.length).toBeGreaterThan(2)
  },
)

test('nobody at the address is an APIConnectionError', async () => {
  const nobody = connect({ baseURL: 'http://127.0.0.1:9/v1' })
  expect(await caught(ask('auto', nobody))).toBeInstanceOf(APIConnectionError)
})
