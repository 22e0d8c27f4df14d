export type Turns<Holder> = {
  /** Resolves when it is this one's turn. */
  take(holder: Holder): Promise<void>
  /** Its turn is over, or it will not have one any more. */
  leave(holder: Holder): void
}

/** Whoever takes longer than this is not waited for any more. */
const LONGEST_MS = 10 * 60_000

/** One after the other, in the order of asking. */
export const createTurns = <Holder>(longestMs = LONGEST_MS): Turns<Holder> => {
  const queue: { readonly holder: Holder; begin(): void }[] = []
  let timer: NodeJS.Timeout | undefined

  const leave = (holder: Holder) => {
    const wasFirst = queue[0]?.holder === holder
    const at = queue.findIndex(entry => entry.holder === holder)
    if (at >= 0) queue.splice(at, 1)
    if (wasFirst) begin()
  }
  const begin = () => {
    clearTimeout(timer)
    const [first] = queue
    if (first === undefined) return
    timer = setTimeout(() => leave(first.holder), longestMs).unref()
    first.begin()
  }
  return {
    leave,
    take: holder =>
      new Promise(resolve => {
        queue.push({ holder, begin: resolve })
        if (queue.length === 1) begin()
      }),
  }
}
