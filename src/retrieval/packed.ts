/** What a worker found, as numbers in one array: objects take twice as long to cross to another thread. */

import type { Found, Nearest } from './protocol.ts'

const HEAD = 6
const NEIGHBOUR = 3
const RANKED = 2

/** `tasks` are those of the context, in an order that both threads know. */
export const pack = (
  { neighbours, ranking, margin, known, byWords, tookMs }: Found,
  tasks: readonly string[],
) => {
  const packed = new Float64Array(HEAD + NEIGHBOUR * neighbours.length + RANKED * ranking.length)
  packed.set([neighbours.length, margin, known, byWords ? 1 : 0, tookMs?.encode ?? 0, tookMs?.search ?? 0])
  let at = HEAD
  for (const { row, dense, lexical } of neighbours) {
    packed[at++] = row
    packed[at++] = dense
    packed[at++] = lexical
  }
  for (const { task, confidence } of ranking) {
    packed[at++] = tasks.indexOf(task)
    packed[at++] = confidence
  }
  return packed
}

/** Ten thousand are remembered: numbers in one array take a third of the memory that objects do. */
export const unpack = (crossed: Float64Array, tasks: readonly string[]): Nearest => {
  // A loop: Array.from takes twenty times as long.
  const packed = new Array<number>(crossed.length)
  for (let i = 0; i < packed.length; i++) packed[i] = crossed[i]!
  const [count, margin, known, byWords, encode, search] = packed as unknown as Six
  const end = HEAD + NEIGHBOUR * count
  return {
    neighbours: () =>
      Array.from({ length: count }, (_, i) => {
        const at = HEAD + NEIGHBOUR * i
        const [row, dense, lexical] = [packed[at]!, packed[at + 1]!, packed[at + 2]!]
        return { row, similarity: dense + lexical, dense, lexical }
      }),
    ranking: () =>
      Array.from({ length: (packed.length - end) / RANKED }, (_, i) => {
        const at = end + RANKED * i
        return { task: tasks[packed[at]!]!, confidence: packed[at + 1]! }
      }),
    margin,
    known,
    byWords: byWords === 1 ? true : undefined,
    tookMs: { encode, search },
  }
}

type Six = readonly [number, number, number, number, number, number]
