import { answer, chunk, chunkedHead, DONE, event, LAST_CHUNK, SSE_TYPE } from './bytes.ts'
import type { Call, Script } from './faulty-expert.ts'
import {
  answers,
  brokenOff,
  HURRY,
  IMPATIENT,
  invalid,
  late,
  type Row,
  rows,
  type Sees,
  unavailable,
} from './row.ts'
import { pours } from './rows-connection.ts'

const ONLY = { only: 'stream' } as const

/** A stream of exactly these bytes, ended as it should be. */
const streams =
  (...parts: (string | Uint8Array)[]): Script =>
  call =>
    call.finish(
      Buffer.concat([Buffer.from(chunkedHead(SSE_TYPE)), ...parts.map(chunk), Buffer.from(LAST_CHUNK)]),
    )

/** A stream that begins so, and what becomes of it when the client has all of that. */
const begins =
  (bytes: string | Uint8Array, then: (call: Call) => void): Script =>
  async call => {
    call.send(chunkedHead(SSE_TYPE))
    call.send(chunk(bytes))
    await call.delivered(Buffer.from(bytes))
    then(call)
  }

const hangs = () => undefined
const closes = ({ socket }: Call) => void socket.end()
const resets = ({ socket }: Call) => void socket.resetAndDestroy()

const one = event('one')
const megabyte = event('x'.repeat(1024 * 1024))

/** Before an event is here that says something, another expert can still answer. */
const before: Row[] = [
  rows('streams something that is no event', streams('what?\nno events here\n\n'), invalid(), ONLY),
  rows('streams an event that is no JSON', streams('data: <html>\n\n', DONE), invalid(), ONLY),
  rows('streams an event that is no object', streams('data: [1]\n\n', DONE), invalid(), ONLY),
  rows('streams [DONE] and nothing before it', streams(DONE), invalid(), ONLY),
  rows('streams comments only and ends', streams(': wait\n\n', ': wait\n\n'), invalid(), ONLY),
  rows(
    'streams empty events only and ends',
    streams('data:\n\n', 'event: ping\ndata: \n\n'),
    invalid(),
    ONLY,
  ),
  rows(
    'begins with an event named error',
    streams('event: error\ndata: {"message":"x"}\n\n'),
    unavailable(),
    ONLY,
  ),
  rows(
    'begins with an error in its data',
    streams(': hi\n\n', 'data: {"error":{"message":"overloaded"}}\n\n', DONE),
    unavailable(),
    ONLY,
  ),
  rows(
    'streams comments until the deadline',
    ({ send, socket }) => {
      send(chunkedHead(SSE_TYPE))
      const timer = setInterval(() => send(chunk(': wait\n\n')), 10)
      socket.once('close', () => clearInterval(timer))
    },
    late(),
    { ...ONLY, limits: HURRY },
  ),
  rows(
    'streams half of its first event and hangs',
    ({ send }) => send(chunkedHead(SSE_TYPE) + chunk(one.slice(0, 40)).toString()),
    late(),
    { ...ONLY, limits: HURRY },
  ),
  rows(
    'streams half of its first event and closes',
    ({ socket }) => void socket.end(chunkedHead(SSE_TYPE) + chunk(one.slice(0, 40)).toString()),
    unavailable(),
    ONLY,
  ),
  rows('streams half of its first event and ends', streams(one.slice(0, -1)), invalid(), ONLY),
  rows(
    'streams a first event without end',
    call => {
      call.send(chunkedHead(SSE_TYPE) + chunk('data: {"x":"').toString())
      pours(call, chunk('x'.repeat(1_000)))
    },
    invalid(),
    { ...ONLY, floods: true },
  ),
  rows(
    'streams comments without end, as fast as it can',
    call => {
      call.send(chunkedHead(SSE_TYPE))
      pours(call, chunk(`: ${'x'.repeat(500)}\n\n`))
    },
    invalid(),
    { ...ONLY, floods: true },
  ),
].flat()

const broken = (fault: string, begin: string | Uint8Array, then: (call: Call) => void, limits = {}) =>
  rows(fault, begins(begin, then), brokenOff(begin), { ...ONLY, limits })

const cup = Buffer.from(event('a cup ☕ of'))
const inTheCup = cup.subarray(0, cup.indexOf(0xe2) + 1)

/** What the client has cannot be taken back: it is told that the rest is missing. */
const after: Row[] = [
  broken('resets after its first event', one, resets),
  broken('closes after its first event', one, closes),
  broken('hangs after its first event', one, hangs, IMPATIENT),
  broken('resets in the middle of an event', one + one.slice(0, 50), resets),
  broken('hangs in the middle of an event', one + one.slice(0, 50), hangs, IMPATIENT),
  broken('resets in the middle of a character', Buffer.concat([Buffer.from(one), inTheCup]), resets),
  broken('breaks its chunks after the first event', one, call => call.send('NOT A CHUNK\r\n')),
  broken('ends cleanly, but in the middle of its answer', one, call => call.finish(LAST_CHUNK)),
  broken('gives a reason to stop, then resets', one + event('', 'stop'), resets),
  broken('sends an error in the middle and ends', `${one}data: {"error":{"message":"x"}}\n\n`, call =>
    call.finish(LAST_CHUNK),
  ),
  rows(
    'gives a length that ends in the middle of its answer',
    call => call.send(answer(200, SSE_TYPE, one) + one),
    brokenOff(one),
    ONLY,
  ),
  rows(
    'gives a length and closes before it',
    async call => {
      call.send(
        answer(200, { ...SSE_TYPE, 'x-pad': '1' }, one)
          .toString()
          .replace(/(content-length: )\d+/, '$199999'),
      )
      await call.delivered(Buffer.from(one))
      closes(call)
    },
    brokenOff(one),
    ONLY,
  ),
].flat()

const relayed = (fault: string, ...parts: (string | Uint8Array)[]) =>
  rows(fault, streams(...parts), whole(Buffer.concat(parts.map(part => Buffer.from(part)))), ONLY)

const whole = (body: Buffer): Sees => answers(() => body)

const said = one + event('two', 'stop') + DONE
const bare = (bytes: string) => bytes.replaceAll('\n', '\r')
const crlf = (bytes: string) => bytes.replaceAll('\n', '\r\n')

/** Odd, but an answer to its end. */
const odd: Row[] = [
  relayed('ends its lines with CRLF', crlf(said)),
  relayed('ends its lines with CR', bare(said)),
  relayed('cuts between CR and LF', crlf(one).slice(0, -1), '\n', crlf(event('', 'stop') + DONE)),
  relayed(
    'spreads an event over several data lines',
    'event: message\nid: 7\ndata: {"a":1,\ndata: "b":2}\n\n',
    said,
  ),
  relayed('begins with an event of a megabyte', megabyte, said),
  relayed('has an event of a megabyte in the middle', one, megabyte, said),
  relayed(
    'sends comments between its events',
    ': wait\n\n',
    one,
    ': wait\n\n: wait\n\n',
    event('', 'stop') + DONE,
  ),
  relayed('sends empty events before the first', 'data:\n\n', 'event: ping\ndata: \n\n', said),
  relayed('cuts a character in two', cup.subarray(0, inTheCup.length), cup.subarray(inTheCup.length), said),
  relayed('leaves out [DONE] but gives a reason to stop', one, event('', 'stop')),
  relayed('leaves out the blank line after [DONE]', one, 'data: [DONE]'),
  relayed('leaves out the space after data:', said.replaceAll('data: ', 'data:')),
  rows('leaves out the last chunk after [DONE]', begins(said, closes), whole(Buffer.from(said)), ONLY),
  rows('resets after [DONE]', begins(said, resets), whole(Buffer.from(said)), ONLY),
  rows('hangs after [DONE]', begins(said, hangs), whole(Buffer.from(said)), { ...ONLY, limits: IMPATIENT }),
  rows(
    'pauses between its events, shorter than it may',
    async call => {
      call.send(chunkedHead(SSE_TYPE))
      for (const part of [one, event('two', 'stop'), DONE]) {
        call.send(chunk(part))
        await call.delivered(Buffer.from(part))
      }
      call.finish(LAST_CHUNK)
    },
    whole(Buffer.from(said)),
    ONLY,
  ),
].flat()

export const streamRows = [...before, ...after, ...odd]
