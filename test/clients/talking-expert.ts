import type { ServerResponse } from 'node:http'
import type { Behaviour, Received } from '../support/expert-server.ts'
import { completionEvents, completionOf } from './talk-chat.ts'
import { responseEvents, responseOf } from './talk-responses.ts'

/**
 * An expert that speaks the protocol as a good server does: tools, structured output, usage, log probabilities,
 * embeddings, keep-alive comments. The model that the map names is its mood: `fluent` answers, `status-429` refuses,
 * `cut` breaks off, `silent` never answers.
 */
export const talks = (): Behaviour => (received, response) => {
  const model = String(received.body?.model)
  const status = /^status-(\d+)/.exec(model)?.[1]
  if (status !== undefined) return refuse(Number(status), response)
  if (model === 'silent') return
  switch (received.path) {
    case '/v1/chat/completions':
      return speak(received, response, completionOf, completionEvents)
    case '/v1/responses':
      return speak(received, response, responseOf, responseEvents)
    case '/v1/embeddings':
      return sendJson(response, 200, embeddingsOf(received.body))
    default:
      return sendJson(response, 404, { error: { message: `no ${received.path} here` } })
  }
}

/** How long an expert that refuses asks to be left alone: too long for the gateway, not for a patient client. */
export const ASKED_WAIT_MS = 1_200

const refuse = (status: number, response: ServerResponse) => {
  if (status === 429) response.setHeader('retry-after-ms', String(ASKED_WAIT_MS))
  const type = status === 429 ? 'rate_limit_error' : 'invalid_request_error'
  sendJson(response, status, {
    error: { message: `the expert's own words about ${status}`, type, param: 'temperature', code: 'its_own' },
  })
}

const sendJson = (response: ServerResponse, status: number, body: object) => {
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(JSON.stringify(body))
}

// biome-ignore lint/suspicious/noExplicitAny: whatever a client sent.
type Sent = any

const speak = (
  { body }: Received,
  response: ServerResponse,
  whole: (body: Sent) => object,
  events: (body: Sent) => string[],
) => {
  if (body.stream !== true) return sendJson(response, 200, whole(body))
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' })
  response.write(': still thinking\n\n')
  const said = events(body)
  if (body.model !== 'cut') return void response.end(said.join(''))
  response.write(said.slice(0, said.length / 2).join(''))
  setTimeout(() => response.socket?.destroy(), 20)
}

const embeddingsOf = ({ input, encoding_format, model, dimensions = 8 }: Sent) => {
  const texts: string[] = [input].flat()
  const data = texts.map((text, index) => {
    const vector = Float32Array.from({ length: dimensions }, (_, i) => (text.length % (i + 2)) / (i + 2))
    const bytes = Buffer.from(vector.buffer)
    const embedding = encoding_format === 'base64' ? bytes.toString('base64') : Array.from(vector)
    return { object: 'embedding', index, embedding }
  })
  const tokens = texts.length
  return { object: 'list', data, model, usage: { prompt_tokens: tokens, total_tokens: tokens } }
}
