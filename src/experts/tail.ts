/** What follows the last word is short: a reason, the usage, `[DONE]`; some experts add their sources. */
const TAIL_BYTES = 32 * 1024

export type Tail = { add(chunk: Buffer): void; text(): string }

/** The end of a stream in whole chunks, as many as it takes: nothing is copied or read before the end. */
export const tailOf = (head: Buffer): Tail => {
  // An answer may be one line, at the very beginning.
  const chunks = [Buffer.from('\n'), head]
  let size = head.length + 1
  return {
    add(chunk) {
      chunks.push(chunk)
      size += chunk.length
      for (let first = chunks[0]; first && size - first.length >= TAIL_BYTES; first = chunks[0]) {
        chunks.shift()
        size -= first.length
      }
    },
    text: () => Buffer.concat(chunks).subarray(-TAIL_BYTES).toString('latin1'),
  }
}
