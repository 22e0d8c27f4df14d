import fastify from 'fastify'
import { Pool } from 'undici'

/** What a proxy of the same parts costs when it does nothing: no parsing, no keys, no log, no metrics, no policies. */
const [port, expert] = process.argv.slice(2)
const pool = new Pool(expert as string, { connections: 1024, headersTimeout: 0, bodyTimeout: 0 })
const app = fastify({ bodyLimit: 20 * 1024 * 1024 })

app.removeAllContentTypeParsers()
app.addContentTypeParser('*', (_request, payload, done) => done(null, payload))
app.post('/v1/chat/completions', async (request, reply) => {
  const { statusCode, headers, body } = await pool.request({
    method: 'POST',
    path: '/v1/chat/completions',
    headers: { 'content-type': 'application/json' },
    body: request.body as NodeJS.ReadableStream as never,
  })
  void reply.code(statusCode).header('content-type', headers['content-type'])
  return reply.send(body)
})
await app.listen({ port: Number(port), host: '127.0.0.1' })
