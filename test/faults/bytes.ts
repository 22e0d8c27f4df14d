/** Answers down to the byte, with everything in them that a careless relay would change. */

export const wholeBody = (text: string): Buffer =>
  Buffer.from(
    `{ "id":"chatcmpl-1", "object":"chat.completion","created":1,"model":"fake","seed":9007199254740993,\n` +
      `"choices":[{"index":0,"message":{"role":"assistant","content":"${text} h\\u00e9 ☕ 1.0e0"},"finish_reason":"stop"}],` +
      `"usage":{"prompt_tokens":1,"completion_tokens":1,"total_tokens":2} }\n`,
  )

export const event = (content: string, finish: string | null = null, newline = '\n') =>
  `data: {"id":"chatcmpl-1", "object":"chat.completion.chunk","created":1,"model":"fake","seed":9007199254740993,` +
  `"choices":[{"index":0,"delta":{"content":"${content}"},"finish_reason":${JSON.stringify(finish)}}]}${newline}${newline}`

export const DONE = 'data: [DONE]\n\n'

export const streamBody = (text: string): Buffer =>
  Buffer.from(`: hello\n\n${event(text)}${event(' h\\u00e9 ☕')}${event('', 'stop')}${DONE}`)

export const bodyOf = (stream: boolean, text: string) => (stream ? streamBody(text) : wholeBody(text))

export const JSON_TYPE = { 'content-type': 'application/json' }
export const SSE_TYPE = { 'content-type': 'text/event-stream; charset=utf-8' }
export const typeOf = (stream: boolean) => (stream ? SSE_TYPE : JSON_TYPE)

type Headers = Readonly<Record<string, string>>

export const head = (status: number, headers: Headers = {}, version = '1.1') =>
  `HTTP/${version} ${status} Whatever\r\n${Object.entries({ 'set-cookie': 'planted=cookie', ...headers })
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('')}\r\n`

/** A whole answer that says how long it is. */
export const answer = (status: number, headers: Headers, body: string | Uint8Array = ''): Buffer =>
  Buffer.concat([
    Buffer.from(head(status, { ...headers, 'content-length': String(Buffer.byteLength(body)) })),
    Buffer.from(body),
  ])

/** The head of an answer that comes in pieces. */
export const chunkedHead = (headers: Headers) => head(200, { ...headers, 'transfer-encoding': 'chunked' })

export const chunk = (bytes: string | Uint8Array): Buffer =>
  Buffer.concat([
    Buffer.from(`${Buffer.byteLength(bytes).toString(16)}\r\n`),
    Buffer.from(bytes),
    Buffer.from('\r\n'),
  ])

export const LAST_CHUNK = '0\r\n\r\n'

/** What a good expert answers, as it stands on the wire. */
export const goodAnswer = (stream: boolean, text: string): Buffer =>
  stream
    ? Buffer.concat([Buffer.from(chunkedHead(SSE_TYPE)), chunk(streamBody(text)), Buffer.from(LAST_CHUNK)])
    : answer(200, JSON_TYPE, wholeBody(text))
