import { createServer, type ServerResponse } from 'node:http'
import { completion, dripMs, streamEnd, streamed } from './answers.ts'

/** An expert that answers at once: whole, streamed, in drops that carry the time they fell at, or not to the end. */
const server = createServer((request, response) => {
  const parts: Buffer[] = []
  request.on('data', part => parts.push(part))
  request.on('end', () => answer(Buffer.concat(parts), response))
})

const answer = (body: Buffer, response: ServerResponse) => {
  if (!body.includes('"stream":true')) {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': completion.length })
    response.end(completion)
    return
  }
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  if (body.includes('and hold the line')) response.write(stamped())
  else if (body.includes('and drip')) drip(response, 100)
  else pour(response, 0)
}

/** A chunk a turn of the loop, so that they go out one by one. */
const pour = (response: ServerResponse, sent: number) => {
  if (response.destroyed) return
  if (sent === streamed.length) return void response.end()
  response.write(streamed[sent])
  setImmediate(pour, response, sent + 1)
}

const drip = (response: ServerResponse, left: number) => {
  if (response.destroyed) return
  if (left === 0) return void response.end(streamEnd)
  response.write(stamped())
  setTimeout(drip, dripMs, response, left - 1)
}

/** The clock is the machine's own, and the same in every process. */
const stamped = () =>
  `data: {"object":"chat.completion.chunk","at":"${process.hrtime.bigint()}","choices":[{"index":0,"delta":{"content":"word "},"finish_reason":null}]}\n\n`

server.listen(Number(process.argv[2]), '127.0.0.1')
