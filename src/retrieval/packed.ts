/** What a worker found, as numbers in one array: objects take twice as long to cross to another thread. */

import type { Nearest } from './protocol.ts'
import type { Neighbour } from './search.ts'

const HEAD = 6
const NEIGHBOUR = 3
const RANKED = 2

/** `tasks` are those of the context, in an order that both threads know. */
export const pack = (
  { neighbours, ranking, margin, known, byWords, tookMs }: Nearest,
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

export const unpack = (packed: Float64Array, tasks: readonly string[]): Nearest => {
  const [count, margin, known, byWords, encode, search] = packed as unknown as Six
  const neighbours: Neighbour[] = []
  const ranking: { task: string; confidence: number }[] = []
  let at = HEAD
  for (; at < HEAD + NEIGHBOUR * count; at += NEIGHBOUR) {
    const [row, dense, lexical] = [packed[at]!, packed[at + 1]!, packed[at + 2]!]
    neighbours.push({ row, similarity: dense + lexical, dense, lexical })
  }
  for (; at < packed.length; at += RANKED)
    ranking.push({ task: tasks[packed[at]!]!, confidence: packed[at + 1]! })
  const voted = { neighbours, ranking, margin, known, tookMs: { encode, search } }
  return byWords === 1 ? { ...voted, byWords: true } : voted
}

type Six = readonly [number, number, number, number, number, number]
