import type { ServerResponse } from 'node:http'
import type { FastifyReply } from 'fastify'
import { GatewayError } from '../../errors.ts'
import type { Answer } from '../../experts/expert.ts'
import { event, firstEvent } from '../../experts/sse.ts'
import type { Flow } from '../../resilience/flow.ts'
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

/** Passes an expert's bytes on, with what was decided beside them. Of a stream it returns what settles when that is over. */
export const relay = (
  reply: FastifyReply,
  answer: Answer,
  record: RoutingRecord,
  options: RelayOptions,
): Promise<void> | undefined => {
  void reply.code(200).headers(answer.headers).headers(recordHeaders(record))
  const stallMs = options.stallMs ?? STALL_MS
  if (answer.kind === 'whole') {
    // One that fits into the socket's own buffers is off our hands at once. Node ends the timer with the answer.
    if (answer.body.length > AT_ONCE_BYTES) reply.raw.setTimeout(stallMs, () => reply.raw.destroy())
    void reply.send(options.inBody ? spliceRecord(answer.body, record) : Buffer.from(answer.body))
    return undefined
  }
  void reply.headers({ 'cache-control': 'no-cache', 'x-accel-buffering': 'no' })
  const head = options.inBody ? withRecord(answer.head, record) : answer.head
  const { raw } = reply.hijack()
  if (!raw.destroyed) raw.writeHead(200, reply.getHeaders() as Record<string, string>)
  return pour(head, answer.rest, raw, { onEnd: options.onEnd, stallMs, expert: record.expert })
}

const STALL_MS = 60_000
const AT_ONCE_BYTES = 64 * 1024

const withRecord = (head: Uint8Array, record: RoutingRecord): Uint8Array => {
  const bytes = Buffer.from(head.buffer, head.byteOffset, head.byteLength)
  const first = firstEvent(bytes)
  return first?.data.startsWith('{') ? spliceRecord(bytes, record, first.dataAt) : bytes
}

type Pouring = Pick<RelayOptions, 'onEnd'> & { readonly stallMs: number; readonly expert: string }

/** A stream as fast as the client takes it; resolves when nothing more is to be done for it. */
const pour = (head: Uint8Array, rest: Flow, raw: ServerResponse, pouring: Pouring): Promise<void> =>
  new Promise(resolve => {
    const { stallMs, expert, onEnd } = pouring
    const stalled = createWatch(stallMs, () => raw.destroy())
    /** What has come in this turn of the loop goes out in one piece: a chunk of HTTP costs more than its bytes. */
    let come = [head]
    let over = false
    const write = () => {
      if (come.length === 0 || raw.destroyed) return
      const bytes = come.length === 1 ? come[0] : Buffer.concat(come)
      come = []
      if (raw.write(bytes)) return
      rest.pause()
      stalled.wait()
    }
    const finish = (outcome: StreamOutcome) => {
      if (!over) onEnd(outcome)
      over = true
    }
    const gone = () => {
      stalled.stop()
      finish('left')
      rest.stop()
      resolve()
    }
    if (raw.destroyed) return gone()
    // Before anybody else hears of it: an expert whose call is given up because of it has not broken off.
    raw.prependOnceListener('close', gone)
    raw.on('error', () => undefined)
    raw.on('drain', () => {
      stalled.rest()
      if (!over) rest.resume()
    })
    process.nextTick(write)
    rest.to({
      data(bytes) {
        if (come.push(bytes) === 1) process.nextTick(write)
      },
      end() {
        write()
        finish('complete')
        raw.end()
      },
      fail(error) {
        if (over) return
        come.push(brokenOff(expert, error))
        write()
        finish('truncated')
        raw.end()
      },
    })
  })

/** An expert that dies in the middle ends the stream with an error event and no `[DONE]`. */
const brokenOff = (expert: string, cause: unknown): Uint8Array => {
  const message = `Expert "${expert}" broke off in the middle of its answer.`
  const failure = new GatewayError('expert_truncated', message, { cause })
  // The blank line first: the expert may have died in the middle of an event.
  return Buffer.concat([Buffer.from('\n\n'), event(JSON.stringify(envelopeOf(failure)))])
}
