import { connect } from 'node:net'

/** A client that says whatever it wants, as bytes. */
export type RawClient = {
  send(bytes: string | Buffer): void
  /** Resolves when what has come matches, or rejects when the connection ends before. */
  until(pattern: RegExp): Promise<string>
  /** Resolves with everything that came when the other side hangs up. */
  readonly closed: Promise<string>
  readonly received: () => string
  /** Nothing more will be sent; what is answered is still read. */
  end(): void
  leave(): void
}

export const rawClient = async (url: string): Promise<RawClient> => {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  let text = ''
  let waiting: (() => void)[] = []
  const wake = () => {
    for (const look of waiting) look()
  }
  const closed = new Promise<string>(resolve => socket.once('close', () => resolve(text)))
  let over = false
  socket.on('error', () => undefined)
  socket.on('data', chunk => {
    text += chunk.toString('latin1')
    wake()
  })
  socket.once('close', () => {
    over = true
    wake()
  })
  await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject))
  return {
    send: bytes => void (over || socket.write(bytes)),
    until: pattern =>
      new Promise((resolve, reject) => {
        const look = () => {
          if (!pattern.test(text) && !over) return
          waiting = waiting.filter(other => other !== look)
          if (pattern.test(text)) resolve(text)
          else reject(new Error(`the connection ended with ${JSON.stringify(text.slice(-500))}`))
        }
        waiting.push(look)
        look()
      }),
    closed,
    received: () => text,
    end: () => void socket.end(),
    leave: () => socket.destroy(),
  }
}

/** A request as bytes; headers as lines. */
export const rawRequest = (line: string, headers: readonly string[] = [], body = '') =>
  [
    `${line} HTTP/1.1`,
    'host: gateway',
    ...(body === '' ? [] : [`content-length: ${Buffer.byteLength(body)}`]),
    ...headers,
    '',
    body,
  ].join('\r\n')

/** Sends bytes and resolves with all that is answered until the other side hangs up. */
export const exchange = async (url: string, bytes: string | Buffer): Promise<string> => {
  const client = await rawClient(url)
  client.send(bytes)
  return await client.closed
}
