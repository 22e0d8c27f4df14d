import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { parentPort } from 'node:worker_threads'

/** Of the machine, not of a process: what one thread writes down another can subtract from. */
export const now = () => Number(process.hrtime.bigint()) / 1e6

const EVERY_MS = 100

/** In a thread of its own, so that reading the streams does not make their writing late. */
const serve = async (port: NonNullable<typeof parentPort>) => {
  const server = createServer((request, response) => {
    request.resume()
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    const say = () => {
      const delta = { content: `${now()} ` }
      response.write(`data: ${JSON.stringify({ choices: [{ index: 0, delta, finish_reason: null }] })}\n\n`)
    }
    const ticks = setInterval(say, EVERY_MS)
    response.once('close', () => clearInterval(ticks))
    say()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  port.postMessage((server.address() as AddressInfo).port)
}

if (parentPort !== null) await serve(parentPort)
