import { Readable } from 'node:stream'
import type { FastifyReply } from 'fastify'
import { GatewayError } from '../../errors.ts'
import type { Answer } from '../../experts/expert.ts'
import { event, firstEvent } from '../../experts/sse.ts'
import { createWatch } from '../../resilience/watch.ts'
import type { StreamOutcome } from '../../routing/events.ts'
import { envelopeOf } from './envelope.ts'
import { type RoutingRecord, recordHeaders, spliceRecord } from './record.ts'

export type RelayOptions = {
  /** Whether the record stands in the body too. */
  readonly inBody: boolean
  /** Called once when a stream has ended. */
  readonly onEnd: (outcome: StreamOutcome) => void
  /** A client that takes nothing for this long has left, whatever its socket says: it holds an expert's place. */
  readonly stallMs?: number
}

/** Passes an expert's bytes on, with what was decided beside them. */
export const relay = (reply: FastifyReply, answer: Answer, record: RoutingRecord, options: RelayOptions) => {
  void reply.code(200).headers(answer.headers).headers(recordHeaders(record))
  const stallMs = options.stallMs ?? STALL_MS
  const stalled = () => reply.raw.destroy()
  if (answer.kind === 'whole') {
    // One that fits into the socket's own buffers is off our hands at once. Node ends the timer with the answer.
    if (answer.body.length > AT_ONCE_BYTES) reply.raw.setTimeout(stallMs, stalled)
    return reply.send(options.inBody ? spliceRecord(answer.body, record) : Buffer.from(answer.body))
  }
  void reply.headers({ 'cache-control': 'no-cache', 'x-accel-buffering': 'no' })
  const head = options.inBody ? withRecord(answer.head, record) : answer.head
  const bytes = relayed(head, answer.rest, record, options.onEnd)
  return reply.send(
    Readable.from(untilStalled(bytes, stallMs, stalled), {
      objectMode: false,
      highWaterMark: 64 * 1024,
    }),
  )
}

const STALL_MS = 60_000
const AT_ONCE_BYTES = 64 * 1024

/** The next chunk is asked for when the client has taken the last: too long in between, and it is over. */
const untilStalled = (
  source: AsyncIterableIterator<Uint8Array>,
  stallMs: number,
  onStall: () => void,
): AsyncIterableIterator<Uint8Array> => {
  const watch = createWatch(stallMs, onStall)
  return {
    [Symbol.asyncIterator]() {
      return this
    },
    async next() {
      watch.rest()
      const item = await source.next()
      if (item.done) watch.stop()
      else watch.wait()
      return item
    },
    async return() {
      watch.stop()
      await source.return?.()
      return { done: true, value: undefined }
    },
  }
}

const withRecord = (head: Uint8Array, record: RoutingRecord): Uint8Array => {
  const bytes = Buffer.from(head.buffer, head.byteOffset, head.byteLength)
  const first = firstEvent(bytes)
  return first?.data.startsWith('{') ? spliceRecord(bytes, record, first.dataAt) : bytes
}

/** An expert that dies in the middle ends the stream with an error event and no `[DONE]`. */
const relayed = (
  head: Uint8Array,
  rest: AsyncIterableIterator<Uint8Array>,
  record: RoutingRecord,
  onEnd: RelayOptions['onEnd'],
): AsyncIterableIterator<Uint8Array> => {
  let state: 'head' | 'rest' | 'over' = 'head'
  const end = (outcome: Parameters<RelayOptions['onEnd']>[0]) => {
    if (state !== 'over') onEnd(outcome)
    state = 'over'
  }
  return {
    [Symbol.asyncIterator]() {
      return this
    },
    async next() {
      if (state === 'over') return { done: true, value: undefined }
      if (state === 'head') {
        state = 'rest'
        return { done: false, value: head }
      }
      try {
        const item = await rest.next()
        if (item.done) end('complete')
        return item
      } catch (error) {
        end('truncated')
        const message = `Expert "${record.expert}" broke off in the middle of its answer.`
        const failure = new GatewayError('expert_truncated', message, { cause: error })
        // The blank line first: the expert may have died in the middle of an event.
        return {
          done: false,
          value: Buffer.concat([Buffer.from('\n\n'), event(JSON.stringify(envelopeOf(failure)))]),
        }
      }
    },
    async return() {
      end('left')
      await rest.return?.()
      return { done: true, value: undefined }
    },
  }
}
