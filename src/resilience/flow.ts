/** Whoever takes what comes of a flow. Its functions are passed on one by one: none of them may need the others. */
export type Sink = {
  readonly data: (bytes: Uint8Array) => void
  readonly end: () => void
  readonly fail: (error: unknown) => void
}

/**
 * Bytes that are handed on as they arrive. Not an iterator: a promise for each chunk, and one more for each that looks
 * at it on its way, cost more than the chunk itself.
 */
export type Flow = {
  /** From now on everything goes there, paused or not; until then it waits. Who is named later takes over. */
  to(sink: Sink): void
  /** Nothing more is handed on until it is resumed, an end included. */
  pause(): void
  resume(): void
  /** The rest is not wanted: nobody hears anything more. At any time, also before it began and after its end. */
  stop(): void
}

/** What is here already, as a flow. */
export const flowOf = (chunks: readonly Uint8Array[]): Flow => {
  let [at, paused, sink]: [number, boolean, Sink | undefined] = [0, false, undefined]
  const pour = () => {
    while (!paused && sink !== undefined && at < chunks.length) sink.data(chunks[at++] as Uint8Array)
    if (paused || sink === undefined) return
    const { end } = sink
    sink = undefined
    end()
  }
  return {
    to(next) {
      sink = next
      paused = false
      pour()
    },
    pause() {
      paused = true
    },
    resume() {
      paused = false
      pour()
    },
    stop() {
      sink = undefined
    },
  }
}

/**
 * Runs `done` once when the flow has ended, failed or been given up, also when it was never begun: whoever holds
 * something for it would hold it for ever.
 */
export const held = (source: Flow, done: () => void): Flow => {
  let over = false
  const finish = () => {
    if (over) return
    over = true
    done()
  }
  return {
    to: sink =>
      source.to({
        data: sink.data,
        end() {
          finish()
          sink.end()
        },
        fail(error) {
          finish()
          sink.fail(error)
        },
      }),
    pause: source.pause,
    resume: source.resume,
    stop() {
      finish()
      source.stop()
    },
  }
}
