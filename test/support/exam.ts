import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { seeded, seedOf } from '../../src/measure/random.ts'

export type Exam = {
  readonly url: string
  /** Questions by model, as often as each was answered. */
  readonly answered: Map<string, Map<string, number>>
  readonly calls: () => number
  /** What the next calls meet instead of an answer, and how long an answer takes. */
  readonly plan: { failures: number; delayMs: number; behave: Behave | undefined }
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

export type Sitting = { readonly model: string; readonly question: string; readonly key: string | undefined }
/** True when it has dealt with the call itself. */
export type Behave = (sitting: Sitting, response: ServerResponse) => boolean

const taskNames = ['build', 'deploy', 'operate']

/** Questions `q1`, `q2`, ... whose right answers are spread over four letters. */
export const examQuestions = (count: number) =>
  Array.from({ length: count }, (_, i) => ({
    id: `q${i + 1}`,
    task: taskNames[i % 3],
    question: `Question ${i + 1}: which of these is it?`,
    options: ['the first', 'the second', 'the third', 'the fourth'],
    answer: 'ABCD'[(i * 7) % 4],
  }))

/** What a model says to a question: always the same, right as often as its name promises (`right-80`). */
export const letterOf = (model: string, number: number): string => {
  const share = Number(/\d+$/.exec(model)?.[0] ?? 50) / 100
  const isRight = seeded(seedOf(`${model}/${number}`, 7))() < share
  return 'ABCD'[((number - 1) * 7 + (isRight ? 0 : 1)) % 4] ?? 'A'
}

/** Models that take a test over real sockets, and fail as often as they are told to. */
export const startExam = async (): Promise<Exam> => {
  const random = seeded(11)
  const answered: Exam['answered'] = new Map()
  const plan: Exam['plan'] = { failures: 0, delayMs: 0, behave: undefined }
  let calls = 0
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const { model, messages } = JSON.parse(Buffer.concat(chunks).toString())
    calls++
    const question = `q${/Question (\d+):/.exec(messages[1].content)?.[1] ?? '?'}`
    if (plan.behave?.({ model, question, key: request.headers.authorization }, response)) return
    if (random() < plan.failures) {
      misbehave(Math.floor(random() * 5), response)
      return
    }
    setTimeout(() => {
      const of = answered.get(model) ?? new Map<string, number>()
      answered.set(model, of.set(question, (of.get(question) ?? 0) + 1))
      response.writeHead(200, { 'content-type': 'application/json' })
      response.end(completion(`Step by step. The answer is (${letterOf(model, Number(question.slice(1)))}).`))
    }, plan.delayMs)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const close = () =>
    new Promise<void>(resolve => {
      server.closeAllConnections()
      server.close(() => resolve())
    })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`
  return { url, answered, calls: () => calls, plan, close, [Symbol.asyncDispose]: close }
}

export const completion = (content: string | null, more: object = {}) =>
  JSON.stringify({
    choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 100, completion_tokens: 50, total_tokens: 150 },
    ...more,
  })

const misbehave = (kind: number, response: ServerResponse) => {
  const json = { 'content-type': 'application/json' }
  if (kind === 0) response.writeHead(500, json).end('{"error":{"message":"out of order"}}')
  else if (kind === 1) response.writeHead(429, { ...json, 'retry-after': '0' }).end('{}')
  else if (kind === 2) response.socket?.resetAndDestroy()
  else if (kind === 3) response.writeHead(200, json).end('{"error":{"message":"overloaded"}}')
  else response.writeHead(200, json).end('{"choices": [{"mess')
}
