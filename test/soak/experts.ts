import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Book, Entry } from './book.ts'
import { after, before, DEADLINE_MS } from './faults.ts'

export type Experts = {
  /** The base address of an expert of that name. */
  url(name: string): string
  /** Requests that have come in and are neither answered nor given up. */
  inFlight(): number
  close(): void
}

export const answerTo = (id: string) => `answer to ${id}.`

const pick = <T>(items: readonly T[]): T => items[Math.floor(Math.random() * items.length)] as T

/** Of three calls of ten something becomes nothing; `moody` is moreover down for three seconds of ten. */
const FAULTY = 0.3
const isDown = (name: string) => name === 'moody' && Date.now() % 10_000 < 3_000

/** Every expert behind one address, told apart by path. `healthy` is always what its name says. */
export const startExperts = async (book: Book, tasks: readonly string[]): Promise<Experts> => {
  let inFlight = 0
  /** When an expert first heard of a request: its deadline covers both attempts. */
  const heard = new Map<string, number>()
  const beganAt = (entry: Entry | undefined, name: string): number => {
    const key = `${entry?.id} ${name}`
    const began = heard.get(key) ?? performance.now()
    return heard.set(key, began).get(key) ?? began
  }
  const server = createServer(async (request, response) => {
    inFlight++
    response.once('close', () => inFlight--)
    const name = request.url?.split('/')[1] ?? ''
    const body = await bodyOf(request).catch(() => undefined)
    if (body === undefined) return
    const entry = book.entry(body.user)
    const began = beganAt(entry, name)
    response.once('finish', () => {
      if (entry === undefined || response.statusCode !== 200 || response.hasHeader('x-fault')) return
      entry.delivered++
      if (name === 'healthy') return
      if (performance.now() - began > DEADLINE_MS / 3) entry.late++
      else givenUp(request.socket, () => entry.late++)
    })
    const fault = name === 'healthy' ? undefined : faultFor(name, body.stream === true)
    if (fault !== undefined) {
      response.setHeader('x-fault', 'yes')
      book.faulted(entry, fault)
      return { ...before, ...after }[fault]?.(response, body.stream === true)
    }
    const text = name === 'judge' ? `**Task: ${pick(tasks)}**` : textFor(body, entry)
    await (body.stream === true ? stream(response, text) : whole(response, text))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: name => `http://127.0.0.1:${port}/${name}/v1`,
    inFlight: () => inFlight,
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}

type Asked = { user?: string; stream?: boolean; soak?: { kilobytes?: number } }

const bodyOf = async (request: IncomingMessage): Promise<Asked> => {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  return JSON.parse(Buffer.concat(chunks).toString())
}

const faultFor = (name: string, stream: boolean): string | undefined => {
  if (!isDown(name) && Math.random() > FAULTY) return undefined
  const names = Object.keys(before)
  return pick(stream && !isDown(name) ? [...names, ...Object.keys(after), ...Object.keys(after)] : names)
}

const textFor = ({ soak }: Asked, entry: Entry | undefined) =>
  answerTo(entry?.id ?? 'nobody') + ' lorem'.repeat(((soak?.kilobytes ?? 0) * 1024) / 6)

const whole = async (response: ServerResponse, content: string) => {
  await sleep(Math.random() * 30)
  response.writeHead(200, { 'content-type': 'application/json' })
  const message = { role: 'assistant', content }
  response.end(JSON.stringify({ choices: [{ index: 0, message, finish_reason: 'stop' }] }))
}

const PIECE = 16 * 1024

const stream = async (response: ServerResponse, text: string) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  const send = async (delta: object, finish_reason: string | null = null) => {
    const event = `data: ${JSON.stringify({ choices: [{ index: 0, delta, finish_reason }] })}\n\n`
    if (!response.write(event)) await drained(response)
  }
  const piece = text.length > 200 ? PIECE : 7
  for (let at = 0; at < text.length && !response.destroyed; at += piece) {
    await send({ content: text.slice(at, at + piece) })
    if (piece < PIECE) await sleep(Math.random() * 20)
  }
  await send({}, 'stop')
  response.end('data: [DONE]\n\n')
}

/** Or given up by the other side. */
const drained = (response: ServerResponse) =>
  new Promise<void>(resolve => {
    const done = () => {
      response.off('drain', done).off('close', done)
      resolve()
    }
    response.on('drain', done).on('close', done)
  })

/** The system took the bytes; did the gateway? It keeps a connection whose answer it has read, and closes the others. */
const givenUp = (socket: Socket, then: () => void) => {
  // One a request, and a connection that is kept has many.
  socket.setMaxListeners(0).once('close', then)
  setTimeout(() => socket.off('close', then), 2 * DEADLINE_MS)
}
