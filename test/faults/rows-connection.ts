import { answer, bodyOf, goodAnswer, head, JSON_TYPE, typeOf } from './bytes.ts'
import type { Call, Script } from './faulty-expert.ts'
import { answers, HURRY, invalid, late, type Row, rows, unavailable } from './row.ts'

const nothing: Script = () => undefined

/** Sends so much of a good answer, then resets the connection. */
const resetsAfter =
  (where: (wire: Buffer) => number): Script =>
  async call => {
    const wire = goodAnswer(call.stream, 'faulty')
    const part = wire.subarray(0, where(wire))
    if (part.length > 0) await new Promise<void>(resolve => call.socket.write(part, () => resolve()))
    call.socket.resetAndDestroy()
  }

const says =
  (bytes: string | Uint8Array): Script =>
  call =>
    call.send(bytes)

/** A byte at a time, for ever, beginning with these. */
const drips =
  (bytes: string): Script =>
  ({ socket, send }) => {
    let at = 0
    const timer = setInterval(() => send(bytes[at++] ?? 'x'), 10)
    socket.once('close', () => clearInterval(timer))
  }

/** The same again and again, as fast as it is taken. */
export const pours = ({ socket }: Call, piece: string | Uint8Array) => {
  const more = () => {
    while (socket.writable && socket.write(piece));
  }
  socket.on('drain', more)
  more()
}

/** Closes the connection as well-behaved servers do. */
const ends =
  (bytes: string | Uint8Array): Script =>
  ({ socket }) => {
    socket.end(bytes)
  }

const failsOnce =
  (fault: Script): Script =>
  call =>
    call.attempt === 0 ? fault(call) : call.finish(goodAnswer(call.stream, 'faulty'))

const own = (stream: boolean) => bodyOf(stream, 'faulty')
const headEnd = (wire: Buffer) => wire.indexOf('\r\n\r\n') + 4
const elsewhere = { limits: HURRY }

/** Nothing of an answer has come, or not even its head. */
export const connectionRows: Row[] = [
  rows('refuses the connection', undefined, unavailable(0), { place: 'nobody' }),
  rows('has a name that DNS does not know', undefined, unavailable(0), { place: 'no such name' }),
  rows('has a certificate that nobody vouches for', nothing, unavailable(0), {
    place: 'behind an unknown certificate',
  }),
  rows('speaks plain HTTP where TLS is due', undefined, unavailable(0), { place: 'no TLS there' }),
  rows('speaks TLS where plain HTTP is due', nothing, unavailable(0), {
    place: 'TLS where none is expected',
  }),
  rows('never finishes the TLS handshake', undefined, late(0), {
    place: 'TLS that is never agreed on',
    limits: HURRY,
  }),
  rows('hangs up on whoever connects', undefined, unavailable(0), { place: 'hangs up on everybody' }),

  rows('takes the request and says nothing', nothing, late(), elsewhere),
  rows('takes the request and closes', ends(''), unavailable()),
  rows(
    'resets before the first byte',
    resetsAfter(() => 0),
    unavailable(),
  ),
  rows(
    'resets after one byte',
    resetsAfter(() => 1),
    unavailable(),
  ),
  rows(
    'resets in the middle of the status line',
    resetsAfter(() => 14),
    unavailable(),
  ),
  rows(
    'resets in the middle of the headers',
    resetsAfter(wire => headEnd(wire) - 9),
    unavailable(),
  ),
  rows(
    'resets one byte before the end of the headers',
    resetsAfter(wire => headEnd(wire) - 1),
    unavailable(),
  ),
  rows('resets right after the headers', resetsAfter(headEnd), unavailable()),
  rows(
    'resets in the first byte of the body',
    resetsAfter(wire => headEnd(wire) + 1),
    unavailable(),
  ),
  rows(
    'resets one byte before the end of its answer',
    resetsAfter(wire => wire.length - 1),
    unavailable(),
    {
      only: 'whole',
    },
  ),
  rows('hangs in the middle of the headers', says('HTTP/1.1 200 OK\r\ncontent-ty'), late(), elsewhere),
  rows('hangs after the headers', call => call.send(head(200, typeOf(call.stream))), late(), elsewhere),
  rows(
    'drips its headers byte by byte, without end',
    drips('HTTP/1.1 200 OK\r\nx-drip: '),
    late(),
    elsewhere,
  ),
  rows(
    'sends headers without end',
    call => {
      call.send('HTTP/1.1 200 OK\r\n')
      pours(call, `x-more: ${'x'.repeat(1_000)}\r\n`)
    },
    unavailable(),
  ),
  rows('is no HTTP server at all', says('SSH-2.0-OpenSSH_9.6\r\n'), unavailable()),
  rows('sends a status line that is none', says('HTTP/1.1 fine\r\n\r\n'), unavailable()),
  rows('sends a header with a forbidden byte', says('HTTP/1.1 200 OK\r\nx-odd: a\0b\r\n\r\n'), unavailable()),
  rows(
    'gives two lengths for one body',
    call => call.send(head(200, { ...typeOf(call.stream), 'content-length': '7', 'Content-Length': '9' })),
    unavailable(),
  ),
  rows(
    'gives a length and chunks as well',
    call =>
      call.send(head(200, { ...typeOf(call.stream), 'content-length': '7', 'transfer-encoding': 'chunked' })),
    unavailable(),
  ),
  rows('switches to another protocol unasked', says(head(101, { upgrade: 'x', connection: 'upgrade' })), {
    ...unavailable(),
  }),
  rows('sends 100 Continue and nothing more', says('HTTP/1.1 100 Continue\r\n\r\n'), unavailable()),
  rows(
    'answers without a body and says so',
    call => call.finish('HTTP/1.1 204 No Content\r\n\r\n'),
    invalid(),
  ),

  rows('fails once and then answers', failsOnce(resetsAfter(() => 0)), answers(own, 2)),
  rows(
    'answers 503 once and then answers',
    failsOnce(call => call.finish(answer(503, JSON_TYPE, '{}'))),
    answers(own, 2),
  ),
  rows(
    'answers 409, says to try again, and then answers',
    failsOnce(call => call.finish(answer(409, { ...JSON_TYPE, 'x-should-retry': 'true' }, '{}'))),
    answers(own, 2),
  ),
  rows(
    'answers 429, asks for no wait at all, and then answers',
    failsOnce(call => call.finish(answer(429, { ...JSON_TYPE, 'retry-after': '0' }, '{}'))),
    answers(own, 2),
  ),
].flat()
