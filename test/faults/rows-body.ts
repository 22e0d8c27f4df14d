import { gzipSync } from 'node:zlib'
import {
  answer,
  bodyOf,
  chunk,
  chunkedHead,
  goodAnswer,
  head,
  JSON_TYPE,
  LAST_CHUNK,
  streamBody,
  typeOf,
  wholeBody,
} from './bytes.ts'
import type { Script } from './faulty-expert.ts'
import { answers, HURRY, invalid, late, type Row, rows, unavailable } from './row.ts'
import { pours } from './rows-connection.ts'

/** A 200 with this type and this body. */
const sends =
  (body: string | Uint8Array, headers: Record<string, string> = {}): Script =>
  call =>
    call.finish(answer(200, { ...typeOf(call.stream), ...headers }, body))

const whole = wholeBody('faulty')
const half = whole.subarray(0, whole.length / 2)
const own = (stream: boolean) => bodyOf(stream, 'faulty')

/** A 200 whose body is not what it should be. */
const wrong: Row[] = [
  rows('sends a web page', sends('<html>welcome</html>', { 'content-type': 'text/html' }), invalid()),
  rows('sends the other kind of answer', call => call.finish(goodAnswer(!call.stream, 'faulty')), invalid()),
  rows('does not say what it sends', call => call.finish(answer(200, {}, own(call.stream))), invalid()),
  rows('sends an empty body', sends(''), invalid()),
  rows(
    'compresses what it was asked to leave plain',
    call =>
      call.finish(
        answer(200, { ...typeOf(call.stream), 'content-encoding': 'gzip' }, gzipSync(own(call.stream))),
      ),
    invalid(),
  ),
  rows('sends half a JSON document', sends(half), invalid(), { only: 'whole' }),
  rows('sends a JSON array', sends('[{"choices":[]}]'), invalid(), { only: 'whole' }),
  rows('sends null', sends('null'), invalid(), { only: 'whole' }),
  rows('sends a JSON string', sends('"fine"'), invalid(), { only: 'whole' }),
  rows('sends two JSON documents', sends(Buffer.concat([whole, whole])), invalid(), { only: 'whole' }),
  rows(
    'sends an error with status 200',
    sends('{"error":{"message":"overloaded","code":502}}'),
    unavailable(),
    {
      only: 'whole',
    },
  ),
  rows(
    'ends before the length that it gave',
    ({ stream, socket }) => {
      socket.end(`${head(200, { ...typeOf(stream), 'content-length': '9999' })}${stream ? ': hi\n\n' : half}`)
    },
    unavailable(),
  ),
  rows(
    'hangs before the length that it gave',
    call => call.send(`${head(200, { ...typeOf(call.stream), 'content-length': '9999' })}{ "id"`),
    late(),
    { limits: HURRY },
  ),
  rows(
    'sends more than the length that it gave',
    call => call.send(`${head(200, { ...JSON_TYPE, 'content-length': '40' })}${whole}`),
    invalid(),
    { only: 'whole' },
  ),
  rows(
    'breaks its chunks in the middle',
    call => call.send(`${chunkedHead(typeOf(call.stream))}5\r\n{ "idNOT A CHUNK`),
    unavailable(),
  ),
  rows(
    'closes in the middle of a chunk',
    ({ socket, stream }) => void socket.end(`${chunkedHead(typeOf(stream))}ff\r\n{ "id":`),
    unavailable(),
  ),
  rows(
    'leaves out the last chunk',
    ({ socket }) => void socket.end(Buffer.concat([Buffer.from(chunkedHead(JSON_TYPE)), chunk(whole)])),
    unavailable(),
    { only: 'whole' },
  ),
  rows(
    'drips its body until the deadline',
    ({ socket, send, stream }) => {
      send(chunkedHead(typeOf(stream)))
      const timer = setInterval(() => send(chunk(' ')), 10)
      socket.once('close', () => clearInterval(timer))
    },
    late(),
    { limits: HURRY },
  ),
  rows(
    'sends a body without end',
    call => {
      call.send(`${chunkedHead(JSON_TYPE)}1\r\n{\r\n`)
      pours(call, chunk(Buffer.alloc(1024 * 1024, 32)))
    },
    invalid(),
    { only: 'whole', floods: true },
  ),
].flat()

const pieces = (call: Parameters<Script>[0], bytes: Buffer, size: number) =>
  Buffer.concat([
    Buffer.from(chunkedHead(typeOf(call.stream))),
    ...Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
      chunk(bytes.subarray(i * size, (i + 1) * size)),
    ),
    Buffer.from(LAST_CHUNK),
  ])

/** Odd, but right: the client gets it as it came. */
const odd: Row[] = [
  rows(
    'sends every byte as a chunk of its own',
    call => call.finish(pieces(call, own(call.stream), 1)),
    answers(own),
  ),
  rows(
    'writes its answer a few bytes at a time',
    async call => {
      const wire = goodAnswer(call.stream, 'faulty')
      for (let at = 0; at < wire.length; at += 7) {
        call.send(wire.subarray(at, at + 7))
        await new Promise(resolve => setImmediate(resolve))
      }
      call.finish('')
    },
    answers(own),
  ),
  rows(
    'speaks HTTP/1.0 and closes at the end',
    ({ socket, stream }) => {
      socket.end(Buffer.concat([Buffer.from(head(200, typeOf(stream), '1.0')), own(stream)]))
    },
    answers(own),
  ),
  rows(
    'gives no length and closes at the end',
    ({ socket, stream }) => {
      socket.end(Buffer.concat([Buffer.from(head(200, typeOf(stream))), own(stream)]))
    },
    answers(own),
  ),
  rows('sends a stream with its length', sends(streamBody('faulty')), answers(own), { only: 'stream' }),
  rows(
    'sends 103 Early Hints first',
    call =>
      call.finish(
        Buffer.concat([
          Buffer.from('HTTP/1.1 103 Early Hints\r\nlink: </x>; rel=preload\r\n\r\n'),
          goodAnswer(call.stream, 'faulty'),
        ]),
      ),
    answers(own),
  ),
  rows(
    'extends its chunks and sends trailers',
    call =>
      call.finish(
        Buffer.concat([
          Buffer.from(chunkedHead(typeOf(call.stream))),
          Buffer.from(`${own(call.stream).length.toString(16)};note="x"\r\n`),
          own(call.stream),
          Buffer.from('\r\n0\r\nx-trailer: planted\r\n\r\n'),
        ]),
      ),
    answers(own),
  ),
  rows(
    'writes its headers in capitals',
    call => {
      const type = call.stream ? 'TEXT/EVENT-STREAM' : 'Application/JSON; Charset=UTF-8'
      call.finish(answer(200, { 'CONTENT-TYPE': type, 'CONTENT-ENCODING': 'Identity' }, own(call.stream)))
    },
    answers(own),
  ),
  rows(
    'sends a second answer that nobody asked for',
    call =>
      call.send(Buffer.concat([goodAnswer(call.stream, 'faulty'), goodAnswer(call.stream, 'smuggled')])),
    answers(own),
  ),
  rows(
    'sends bytes that are no UTF-8',
    sends(Buffer.from('{"a":"\xff\xfe"}', 'latin1')),
    answers(() => Buffer.from('{"a":"\xff\xfe"}', 'latin1')),
    { only: 'whole' },
  ),
  rows(
    'sends an empty object',
    sends('{}'),
    answers(() => Buffer.from('{}')),
    { only: 'whole' },
  ),
].flat()

export const bodyRows = [...wrong, ...odd]
