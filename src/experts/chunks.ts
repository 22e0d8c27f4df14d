import type { Readable } from 'node:stream'

/**
 * A response's bytes as they come. Giving them up ends the connection at once: a body's own iterator would first wait
 * for the chunk that is asked for, which an expert that hangs never sends.
 */
export const chunksOf = (body: Readable): AsyncIterableIterator<Buffer> => {
  const source: AsyncIterator<Buffer> = body[Symbol.asyncIterator]()
  return {
    [Symbol.asyncIterator]() {
      return this
    },
    next: () => source.next(),
    async return() {
      // A body that is ended from our side complains, and nobody listens any more.
      body.on('error', () => undefined).destroy()
      return { done: true, value: undefined }
    },
  }
}
