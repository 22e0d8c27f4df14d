/** What follows the last word is short: a reason, the usage, `[DONE]`; some experts add their sources. */
const TAIL_BYTES = 32 * 1024

export type Tail = { add(chunk: Uint8Array): void; text(): string }

/**
 * The last bytes of a stream, copied into a ring. The chunks themselves would be less work and three times the memory:
 * they are many, and each is an object or two around a few bytes.
 */
export const tailOf = (head: Buffer): Tail => {
  const ring = Buffer.allocUnsafeSlow(TAIL_BYTES)
  // An answer may be one line, at the very beginning.
  ring[0] = 10
  let size = 1

  const add = (chunk: Uint8Array) => {
    const skipped = Math.max(0, chunk.length - TAIL_BYTES)
    const at = (size + skipped) % TAIL_BYTES
    const room = TAIL_BYTES - at
    size += chunk.length
    // Nearly always.
    if (chunk.length <= room) return ring.set(chunk, at)
    ring.set(chunk.subarray(skipped, skipped + room), at)
    ring.set(chunk.subarray(skipped + room))
  }
  add(head)
  return {
    add,
    text() {
      const at = size % TAIL_BYTES
      const older = size > TAIL_BYTES ? ring.toString('latin1', at) : ''
      return older + ring.toString('latin1', 0, size > TAIL_BYTES ? at : size)
    },
  }
}
