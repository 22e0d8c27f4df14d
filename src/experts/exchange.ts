import type { Dispatcher, Pool } from 'undici'
import type { Flow, Sink } from '../resilience/flow.ts'

export type ResponseHeaders = Readonly<Record<string, string | string[] | undefined>>

/**
 * The chunks of a response, for one reader, who asks for them one by one or has them come as a flow. Giving them up
 * ends the connection at once, whatever is waited for.
 */
export type ResponseBody = AsyncIterableIterator<Buffer> & {
  /** All of it, or undefined if it is longer than that. */
  whole(maxBytes: number): Buffer | Promise<Buffer | undefined>
  destroy(): void
  flow(): Flow
}

export type Response = {
  readonly statusCode: number
  readonly headers: ResponseHeaders
  readonly body: ResponseBody
}

export type Sent = {
  readonly path: string
  /** Names and values in turn. */
  readonly headers: string[]
  readonly body: Uint8Array
}

/** So much is taken in advance of a slow reader before the expert is asked to wait. */
const AHEAD_BYTES = 64 * 1024

/**
 * One request to an expert and its response; resolves when the headers are here. Takes undici's events as they come: a
 * stream object around them would cost more than all the rest of a short answer.
 */
export const exchange = (pool: Pool, { path, headers, body }: Sent, signal: AbortSignal): Promise<Response> =>
  new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason)
    const incoming = new Incoming(signal, resolve, reject)
    pool.dispatch({ method: 'POST', path, headers, body }, incoming)
  })

type Settle = {
  readonly resolve: (item: IteratorResult<Buffer>) => void
  readonly reject: (e: unknown) => void
}

const DONE: IteratorResult<Buffer> = { done: true, value: undefined }

class Incoming implements Dispatcher.DispatchHandler, ResponseBody {
  private readonly signal: AbortSignal
  private readonly begun: (response: Response) => void
  private readonly failed: (error: unknown) => void
  private controller: Dispatcher.DispatchController | undefined
  private chunks: Buffer[] = []
  private ahead = 0
  private reader: Settle | undefined
  private sink: Sink | undefined
  private held = false
  private state: 'waiting' | 'open' | 'ended' | 'broken' | 'given up' = 'waiting'
  private error: unknown

  constructor(signal: AbortSignal, begun: (response: Response) => void, failed: (error: unknown) => void) {
    this.signal = signal
    this.begun = begun
    this.failed = failed
    signal.addEventListener('abort', this.leave)
  }

  private readonly leave = () => this.controller?.abort(toError(this.signal.reason))

  onRequestStart(controller: Dispatcher.DispatchController) {
    this.controller = controller
    // It may have waited for its connection longer than anybody waited for it.
    if (this.signal.aborted) this.leave()
  }

  onResponseStart(_: Dispatcher.DispatchController, statusCode: number, headers: ResponseHeaders) {
    // What is said in advance, 103 for one, is no answer.
    if (statusCode < 200) return
    this.state = 'open'
    this.begun({ statusCode, headers, body: this })
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer) {
    const { reader, sink } = this
    if (sink !== undefined && !this.held) return sink.data(chunk)
    if (reader !== undefined) {
      this.reader = undefined
      reader.resolve({ done: false, value: chunk })
      return
    }
    this.chunks.push(chunk)
    this.ahead += chunk.length
    if (this.ahead >= AHEAD_BYTES) controller.pause()
  }

  onResponseEnd() {
    this.over('ended')
    this.pour()
    this.reader?.resolve(DONE)
    this.reader = undefined
  }

  onResponseError(_: Dispatcher.DispatchController | undefined, error: unknown) {
    const before = this.state
    if (before === 'given up') return this.over(before)
    this.error = error
    this.over('broken')
    if (before === 'waiting') this.failed(error)
    this.pour()
    this.reader?.reject(error)
    this.reader = undefined
  }

  private over(state: 'ended' | 'broken' | 'given up') {
    this.state = state
    this.signal.removeEventListener('abort', this.leave)
  }

  flow(): Flow {
    return {
      to: sink => {
        this.sink = sink
        this.held = false
        this.pour()
      },
      pause: () => {
        this.held = true
        this.controller?.pause()
      },
      resume: () => {
        this.held = false
        this.pour()
      },
      stop: () => this.destroy(),
    }
  }

  /** To the sink with what has waited for it, and with the end behind that. Each chunk may make it pause or stop. */
  private pour() {
    for (let chunk = this.waiting(); chunk !== undefined; chunk = this.waiting()) {
      this.ahead -= chunk.length
      this.sink?.data(chunk)
    }
    const { sink } = this
    if (sink === undefined || this.held) return
    if (this.state === 'open') {
      if (this.controller?.paused) this.controller.resume()
      return
    }
    this.sink = undefined
    if (this.state === 'broken') sink.fail(this.error)
    else sink.end()
  }

  private waiting(): Buffer | undefined {
    return this.sink === undefined || this.held ? undefined : this.chunks.shift()
  }

  [Symbol.asyncIterator]() {
    return this
  }

  next(): Promise<IteratorResult<Buffer>> {
    const chunk = this.chunks.shift()
    if (chunk !== undefined) {
      this.ahead -= chunk.length
      if (this.ahead < AHEAD_BYTES && this.controller?.paused) this.controller.resume()
      return Promise.resolve({ done: false, value: chunk })
    }
    if (this.state === 'broken') return Promise.reject(this.error)
    if (this.state !== 'open') return Promise.resolve(DONE)
    return new Promise((resolve, reject) => {
      this.reader = { resolve, reject }
    })
  }

  async return(): Promise<IteratorResult<Buffer>> {
    this.destroy()
    return DONE
  }

  destroy() {
    this.chunks = []
    this.sink = undefined
    if (this.state !== 'open') return
    this.over('given up')
    this.reader?.resolve(DONE)
    this.reader = undefined
    this.controller?.abort(new Error('The rest of the answer is not wanted.'))
  }

  /** A short answer is here as a whole when its headers are. */
  whole(maxBytes: number): Buffer | Promise<Buffer | undefined> {
    const [only] = this.chunks
    const isHere = this.state === 'ended' && this.chunks.length === 1 && this.ahead <= maxBytes
    return isHere && only !== undefined ? only : this.gathered(maxBytes)
  }

  private async gathered(maxBytes: number): Promise<Buffer | undefined> {
    const parts: Buffer[] = []
    let size = 0
    for (let item = await this.next(); !item.done; item = await this.next()) {
      parts.push(item.value)
      size += item.value.length
      if (size > maxBytes) {
        this.destroy()
        return undefined
      }
    }
    return Buffer.concat(parts, size)
  }
}

const toError = (reason: unknown) => (reason instanceof Error ? reason : new Error(String(reason)))
