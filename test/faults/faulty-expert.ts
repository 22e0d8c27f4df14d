import type { AddressInfo, Socket } from 'node:net'
import { createServer } from 'node:net'
import { createServer as createTlsServer, type TlsOptions } from 'node:tls'

/** One call of a gateway, and the raw socket to do with as one likes. */
export type Call = {
  readonly requestId: string
  /** Calls of the same request at this expert before this one. */
  readonly attempt: number
  readonly stream: boolean
  readonly socket: Socket
  /** Requests that came on this socket before this one. */
  readonly reused: number
  /** Something, and more may follow. */
  send(bytes: string | Uint8Array): void
  /** The last of an answer: from here on the connection owes nothing. */
  finish(bytes: string | Uint8Array): void
  /** Resolves when the client has the last of these bytes, so that nothing is lost to a reset. */
  delivered(bytes: Uint8Array): Promise<void>
}

export type Script = (call: Call) => void | Promise<void>

type Connection = { readonly socket: Socket; readonly experts: Set<string>; busy: boolean; requests: number }

/** An expert of raw sockets, which follows a script for each path: http://…/NAME/v1. */
export type FaultyExpert = {
  readonly port: number
  url(name: string): string
  play(name: string, script: Script): void
  calls(name: string, requestId: string): number
  /** Connections made so far, whatever came of them. */
  connections(): number
  /** Connections that are open and in the middle of something. */
  busy(name?: string): number
  /** What a client has received so far, told by the client. */
  saw(requestId: string, bytes: Buffer): void
  closeIdle(): void
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

export type FaultyOptions = {
  readonly tls?: TlsOptions
  /** Instead of reading requests: what it does with whoever connects. */
  readonly onConnect?: (socket: Socket) => void
  readonly host?: string
  readonly port?: number
}

export const startFaulty = async (options: FaultyOptions = {}): Promise<FaultyExpert> => {
  const { tls, host = '127.0.0.1', port: wanted = 0 } = options
  const scripts = new Map<string, Script>()
  const counts = new Map<string, number>()
  const connections = new Set<Connection>()
  const audience = createAudience()
  let connected = 0

  const onRequest = (connection: Connection, request: Request) => {
    const { name, requestId } = request
    const key = `${name} ${requestId}`
    const attempt = counts.get(key) ?? 0
    counts.set(key, attempt + 1)
    connection.experts.add(name)
    connection.busy = true
    const call = callOn(connection, request, attempt, audience)
    connection.requests++
    void (scripts.get(name) ?? notFound)(call)
  }
  const onSocket = (socket: Socket) => {
    connected++
    const connection = {
      socket,
      experts: new Set<string>(),
      busy: options.onConnect !== undefined,
      requests: 0,
    }
    connections.add(connection)
    socket.on('error', () => undefined).on('close', () => connections.delete(connection))
    // Who does not read does not notice that the other side has gone.
    if (options.onConnect !== undefined) options.onConnect(socket.resume())
    else readRequests(socket, request => onRequest(connection, request))
  }
  const server = tls === undefined ? createServer(onSocket) : createTlsServer(tls, onSocket)
  // A handshake that fails is what some rows are about.
  server.on('tlsClientError', () => undefined)
  await new Promise<void>(resolve => server.listen(wanted, host, resolve))
  const { port } = server.address() as AddressInfo

  const close = () =>
    new Promise<void>(resolve => {
      for (const { socket } of connections) socket.destroy()
      server.close(() => resolve())
    })
  return {
    port,
    url: name => `${tls === undefined ? 'http' : 'https'}://${host}:${port}/${name}/v1`,
    play: (name, script) => void scripts.set(name, script),
    calls: (name, requestId) => counts.get(`${name} ${requestId}`) ?? 0,
    connections: () => connected,
    busy: name =>
      [...connections].filter(({ busy, experts }) => busy && (name === undefined || experts.has(name)))
        .length,
    saw: audience.saw,
    closeIdle: () => {
      for (const { socket, busy } of connections) if (!busy) socket.destroy()
    },
    close,
    [Symbol.asyncDispose]: close,
  }
}

const notFound: Script = call => call.finish('HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n')

const callOn = (connection: Connection, request: Request, attempt: number, audience: Audience): Call => {
  const { socket } = connection
  const send = (bytes: string | Uint8Array) => {
    if (socket.writable) socket.write(bytes)
  }
  return {
    ...request,
    attempt,
    socket,
    reused: connection.requests,
    send,
    finish: bytes => {
      send(bytes)
      connection.busy = false
    },
    delivered: bytes => audience.has(request.requestId, Buffer.from(bytes).subarray(-16)),
  }
}

type Request = { readonly name: string; readonly requestId: string; readonly stream: boolean }

/** As much of HTTP as the gateway speaks: a head, and a body whose length is told. */
const readRequests = (socket: Socket, onRequest: (request: Request) => void) => {
  let pending = Buffer.alloc(0)
  socket.on('data', data => {
    pending = Buffer.concat([pending, data])
    const headEnd = pending.indexOf('\r\n\r\n')
    if (headEnd < 0) return
    const head = pending.toString('latin1', 0, headEnd)
    const end = headEnd + 4 + Number(/^content-length: *(\d+)/im.exec(head)?.[1] ?? 0)
    if (pending.length < end) return
    const body = pending.toString('utf8', headEnd + 4, end)
    pending = pending.subarray(end)
    onRequest({
      name: /^\S+ \/([^/ ]*)/.exec(head)?.[1] ?? '',
      requestId: /^x-request-id: *(\S+)/im.exec(head)?.[1] ?? '',
      stream: JSON.parse(body || '{}').stream === true,
    })
  })
}

type Audience = ReturnType<typeof createAudience>

/** Who has received what, for scripts that go on only then. */
const createAudience = () => {
  const received = new Map<string, Buffer>()
  const waiting = new Map<string, () => void>()
  return {
    saw(requestId: string, bytes: Buffer) {
      received.set(requestId, bytes)
      waiting.get(requestId)?.()
    },
    has: (requestId: string, bytes: Buffer) =>
      new Promise<void>(resolve => {
        const look = () => {
          if (received.get(requestId)?.includes(bytes)) resolve()
        }
        waiting.set(requestId, look)
        look()
      }),
  }
}
