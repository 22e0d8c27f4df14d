import { Readable } from 'node:stream'
import { GatewayError } from '../../errors.ts'
import { shown, type Told, type ToldDecisions } from '../../observe/decisions.ts'

export type DecisionStreams = { open(): Readable; close(): void }

/** What a reader may be behind before it loses decisions. */
const BEHIND_BYTES = 64 * 1024
/** Proxies hang up on what says nothing for long. */
const BEAT_MS = 15_000
const MOST = 100

type Listener = { tell(event: string): void; end(): void }

/** Decisions as server-sent events. One that reads too slowly loses some and is told how many; nobody waits for it. */
export const createDecisionStreams = ({ listen }: Pick<ToldDecisions, 'listen'>): DecisionStreams => {
  const listeners = new Set<Listener>()
  let stop: (() => void) | undefined
  // A decision becomes text once, however many listen, and not at all if nobody does.
  const told = (decision: Told) => {
    const event = `event: decision\nid: ${decision.seq}\ndata: ${JSON.stringify(shown(decision))}\n\n`
    for (const listener of listeners) listener.tell(event)
  }
  return {
    open() {
      if (listeners.size >= MOST) {
        throw new GatewayError('overloaded', `${MOST} listen to the decisions already.`, {
          retryAfterMs: 5_000,
        })
      }
      stop ??= listen(told)
      const { stream, ...listener } = createStream(() => {
        listeners.delete(listener)
        if (listeners.size > 0) return
        stop?.()
        stop = undefined
      })
      listeners.add(listener)
      return stream
    },
    close() {
      for (const { end } of listeners) end()
    },
  }
}

const createStream = (onClose: () => void): Listener & { readonly stream: Readable } => {
  let full = false
  let lost = 0
  const push = (text: string) => {
    full = !stream.push(text)
  }
  const stream: Readable = new Readable({
    highWaterMark: BEHIND_BYTES,
    read() {
      full = false
      if (lost === 0) return
      const event = `event: lost\ndata: {"lost":${lost}}\n\n`
      lost = 0
      push(event)
    },
    destroy(error, done) {
      clearInterval(beat)
      onClose()
      done(error)
    },
  })
  const beat = setInterval(() => {
    if (!full) push(': still here\n\n')
  }, BEAT_MS)
  beat.unref()
  push(': decisions follow\n\n')
  return {
    stream,
    tell: event => (full ? lost++ : push(event)),
    end: () => void stream.push(null),
  }
}
