import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export type Received = {
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly bytes: Buffer
  // biome-ignore lint/suspicious/noExplicitAny: a test reads whatever a client sent.
  readonly body: any
  /** Resolves when the gateway has hung up before the answer was complete. */
  readonly left: Promise<void>
}

export type Behaviour = (received: Received, response: ServerResponse) => void

/** A fake expert: speaks the real protocol over a real socket, and does what the script says. */
export type ExpertServer = {
  readonly url: string
  readonly received: Received[]
  behave(behaviour: Behaviour): void
  /** Resolves with the next request that comes in. */
  next(): Promise<Received>
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

export const startExpert = async (behaviour: Behaviour = says('fine')): Promise<ExpertServer> => {
  let current = behaviour
  const received: Received[] = []
  const waiting: ((received: Received) => void)[] = []
  const server = createServer(async (request, response) => {
    const seen = await receive(request, response)
    received.push(seen)
    waiting.shift()?.(seen)
    current(seen, response)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const close = () =>
    new Promise<void>(resolve => {
      server.closeAllConnections()
      server.close(() => resolve())
    })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    received,
    behave: next => {
      current = next
    },
    next: () => new Promise(resolve => waiting.push(resolve)),
    close,
    [Symbol.asyncDispose]: close,
  }
}

const receive = async (request: IncomingMessage, response: ServerResponse): Promise<Received> => {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  const bytes = Buffer.concat(chunks)
  const left = new Promise<void>(resolve => {
    response.once('close', () => {
      if (!response.writableFinished) resolve()
    })
  })
  return {
    path: request.url ?? '',
    headers: request.headers,
    bytes,
    body: JSON.parse(bytes.toString() || 'null'),
    left,
  }
}

const chunk = (delta: object, finish: string | null = null) =>
  `data: ${JSON.stringify({
    id: 'chatcmpl-1',
    object: 'chat.completion.chunk',
    created: 1,
    model: 'fake',
    choices: [{ index: 0, delta, finish_reason: finish }],
  })}\n\n`

export const whole = (text: string) =>
  `{"id":"chatcmpl-1","object":"chat.completion","created":1,"model":"fake","seed":9007199254740993,"choices":[{"index":0,"message":{"role":"assistant","content":${JSON.stringify(text)}},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":1,"total_tokens":2}}`

const startStream = (response: ServerResponse) =>
  response.writeHead(200, { 'content-type': 'text/event-stream', 'set-cookie': 'planted=cookie' })

/** Answers with a text, streamed if asked so. */
export const says =
  (text: string): Behaviour =>
  ({ body }, response) => {
    if (body?.stream !== true) {
      response.writeHead(200, { 'content-type': 'application/json', 'set-cookie': 'planted=cookie' })
      response.end(whole(text))
      return
    }
    startStream(response)
    for (const word of text.split(/(?<= )/)) response.write(chunk({ content: word }))
    response.end(`${chunk({}, 'stop')}data: [DONE]\n\n`)
  }

export const fails =
  (status: number, headers: Record<string, string> = {}, body?: object): Behaviour =>
  (_received, response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers })
    response.end(
      JSON.stringify(body ?? { error: { message: `fake ${status}`, type: 'fake', param: null, code: null } }),
    )
  }

export const hangs = (): Behaviour => () => undefined

export const resets = (): Behaviour => (_received, response) => void response.socket?.resetAndDestroy()

/** Streams some words, then cuts the connection. */
export const diesAfter =
  (...words: string[]): Behaviour =>
  (_received, response) => {
    startStream(response)
    for (const word of words) response.write(chunk({ content: word }))
    setImmediate(() => response.socket?.destroy())
  }

/** Streams the words and then nothing, for ever. */
export const stallsAfter =
  (...words: string[]): Behaviour =>
  (_received, response) => {
    startStream(response)
    for (const word of words) response.write(chunk({ content: word }))
  }

/** Raw bytes as the whole answer. */
export const sends =
  (bytes: string | Buffer, headers: Record<string, string>, status = 200): Behaviour =>
  (_received, response) => {
    response.writeHead(status, headers)
    response.end(bytes)
  }
