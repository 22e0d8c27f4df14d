import { DIMENSIONS } from './encoder.ts'
import { beginGraph, type Graph } from './graph.ts'
import type { Kept } from './kept.ts'

type Hit = { readonly row: number; readonly similarity: number }

export type Index = {
  readonly kind: 'hnsw' | 'exact'
  /** Why it searches exactly, where it does. */
  readonly because?: string
  nearest(vector: Float32Array, count: number): Hit[]
}

/** Below this many rows looking at every one is as fast, and is never approximate. */
const SMALL = 500
/** Finds 99.5 % of the 16 nearest among 10,000, and with those who share its words next to all; twice as much takes twice as long. */
const SEARCH_BREADTH = 64

/** `vectors` holds the rows one after the other; the built graph is kept under `name` for the next worker. */
export const buildIndex = async (vectors: Float32Array, kept: Kept, name: string): Promise<Index> =>
  (await beginIndex(vectors, kept, name)).index

/** Here when it is known what is to be done; what takes long goes on in another thread. */
export const beginIndex = async (
  vectors: Float32Array,
  kept: Kept,
  name: string,
): Promise<{ readonly index: Promise<Index> }> => {
  const rows = vectors.length / DIMENSIONS
  const only = (because: string) => ({ index: Promise.resolve(exact(vectors, because)) })
  if (rows < SMALL) return only(`${rows} examples are few`)
  const library = await import('hnswlib-node').catch(() => undefined)
  if (library === undefined) return only('hnswlib-node is not installed')
  const failed = (error: unknown) =>
    exact(vectors, `hnswlib-node failed: ${error instanceof Error ? error.message : error}`)
  try {
    const { graph } = await beginGraph(library.default, vectors, kept, name)
    return { index: graph.then(found => approximate(found, rows)).catch(failed) }
  } catch (error) {
    return { index: Promise.resolve(failed(error)) }
  }
}

const approximate = ({ addon, rowOf }: Graph, rows: number): Index => ({
  kind: 'hnsw',
  nearest(vector, count) {
    addon.setEf(SEARCH_BREADTH)
    // The addon takes plain arrays alone, and refuses to return more than it holds.
    const found = addon.searchKnn(Array.from(vector), Math.min(count, rows))
    return found.neighbors
      .map((point, i) => ({ row: rowOf[point] ?? -1, similarity: 1 - (found.distances[i] ?? 1) }))
      .sort((a, b) => b.similarity - a.similarity || a.row - b.row)
  },
})

const inner = (a: Float32Array, aOffset: number, b: Float32Array, bOffset: number): number => {
  let sum = 0
  for (let i = 0; i < DIMENSIONS; i++) sum += (a[aOffset + i] as number) * (b[bOffset + i] as number)
  return sum
}

const exact = (vectors: Float32Array, because: string): Index => ({
  kind: 'exact',
  because,
  nearest(vector, count) {
    const similarities = new Float32Array(vectors.length / DIMENSIONS)
    for (let row = 0; row < similarities.length; row++) {
      similarities[row] = inner(vector, 0, vectors, row * DIMENSIONS)
    }
    return topRows(similarities, count)
  },
})

/** The rows of the `count` largest values, largest first; equal values in the order of the file. */
const topRows = (values: Float32Array, count: number): Hit[] => {
  const top: Hit[] = []
  for (let row = 0; row < values.length; row++) {
    const similarity = values[row] as number
    if (top.length === count && similarity <= (top[count - 1]?.similarity ?? 0)) continue
    let at = top.length
    while (at > 0 && (top[at - 1] as Hit).similarity < similarity) at--
    top.splice(at, 0, { row, similarity })
    if (top.length > count) top.pop()
  }
  return top
}
