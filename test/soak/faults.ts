import type { ServerResponse } from 'node:http'

export type Fault = (response: ServerResponse, stream: boolean) => void

/** Of a faulty expert, for its whole answer and both attempts at it. */
export const DEADLINE_MS = 1_000

const answers =
  (status: number, type: string, body: string, headers: Record<string, string> = {}): Fault =>
  response => {
    response.writeHead(status, { 'content-type': type, ...headers })
    response.end(body)
  }

const status = (code: number, headers: Record<string, string> = {}) =>
  answers(code, 'application/json', `{"error":{"message":"soak ${code}"}}`, headers)

const firstWords = (response: ServerResponse) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  response.write(`data: ${JSON.stringify({ choices: [{ index: 0, delta: { content: 'half an ' } }] })}\n\n`)
}

/** What can be made good elsewhere, because no answer has begun. */
export const before: Readonly<Record<string, Fault>> = {
  'status 500': status(500),
  'status 503': status(503),
  'status 529': status(529),
  'status 401': status(401),
  'status 429, wait': status(429, { 'retry-after': '2' }),
  'status 429, wait a moment': status(429, { 'retry-after-ms': '50' }),
  reset: response => response.socket?.resetAndDestroy(),
  hang: () => undefined,
  html: answers(200, 'text/html', '<h1>Bad gateway</h1>'),
  'half an answer': (response, stream) => {
    response.writeHead(200, {
      'content-type': stream ? 'text/event-stream' : 'application/json',
      'content-length': '1000',
    })
    response.write(stream ? 'data: {"choices"' : '{"choices":[')
    setTimeout(() => response.socket?.destroy(), 5)
  },
  'nothing but comments': (response, stream) =>
    stream
      ? answers(200, 'text/event-stream', ': soon\n\n: soon\n\n')(response, stream)
      : answers(200, 'application/json', 'null')(response, stream),
}

/** What cannot: the client has read the first words. Only streams can have it. */
export const after: Readonly<Record<string, Fault>> = {
  cut: response => {
    firstWords(response)
    setTimeout(() => response.socket?.destroy(), 10)
  },
  'ended early': response => {
    firstWords(response)
    setTimeout(() => response.end(), 10)
  },
  stalled: firstWords,
}

export const cutsAnswers = (fault: string) => fault in after
