import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

export const NAMES = ['ada', 'bob', 'cyd', 'dan', 'eve'] as const

/** Experts behind one address that say nothing but their name, in one piece or in several. */
export const startNamedExperts = async () => {
  const server = createServer(async (request, response) => {
    const name = request.url?.split('/')[1] ?? ''
    let body = ''
    for await (const chunk of request) body += chunk
    if (!body.includes('"stream":true')) {
      await sleep(100)
      response.writeHead(200, { 'content-type': 'application/json' })
      const message = { role: 'assistant', content: name }
      response.end(JSON.stringify({ choices: [{ index: 0, message, finish_reason: 'stop' }] }))
      return
    }
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    for (const letter of name) {
      response.write(`data: ${JSON.stringify({ choices: [{ index: 0, delta: { content: letter } }] })}\n\n`)
      await sleep(60)
    }
    response.end('data: [DONE]\n\n')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: (name: string) => `http://127.0.0.1:${port}/${name}/v1`,
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}
