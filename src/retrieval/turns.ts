/** What waits, in a line for each client; the lines take turns, so that who asks much waits behind himself alone. */
export type Turns<T> = {
  add(client: string, item: T): void
  /** Before all others of the same client. */
  addFirst(client: string, item: T): void
  /** The first of the line whose turn it is. */
  take(): T | undefined
  remove(client: string, item: T): void
  /** The last of the longest line, if that is longer than this client's would be: its place is the client's. */
  giveWay(client: string): T | undefined
  size(): number
}

export const createTurns = <T>(): Turns<T> => {
  const lines = new Map<string, T[]>()
  let size = 0

  const lineOf = (client: string): T[] => {
    const line = lines.get(client) ?? []
    lines.set(client, line)
    size++
    return line
  }
  const out = (client: string, line: T[], at: number): T | undefined => {
    const [item] = line.splice(at, 1)
    if (line.length === 0) lines.delete(client)
    size--
    return item
  }
  return {
    add: (client, item) => void lineOf(client).push(item),
    addFirst: (client, item) => void lineOf(client).unshift(item),
    take() {
      const [next] = lines
      if (next === undefined) return undefined
      const [client, line] = next
      // To the end of the round, with what is left of it.
      lines.delete(client)
      lines.set(client, line)
      return out(client, line, 0)
    },
    remove(client, item) {
      const line = lines.get(client)
      const at = line?.indexOf(item) ?? -1
      if (line !== undefined && at >= 0) out(client, line, at)
    },
    giveWay(client) {
      const [longest] = [...lines].sort(([, a], [, b]) => b.length - a.length)
      if (longest === undefined || longest[1].length <= (lines.get(client)?.length ?? 0) + 1) return undefined
      return out(...longest, longest[1].length - 1)
    },
    size: () => size,
  }
}
