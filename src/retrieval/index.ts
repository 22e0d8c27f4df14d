import { rm } from 'node:fs/promises'
import { aside, worthAThread } from './aside.ts'
import { keepChecked, readChecked } from './checked.ts'
import { DIMENSIONS } from './encoder.ts'
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
const NEIGHBOURS_PER_ROW = 24
const BUILD_BREADTH = 128
/** Finds 99.98 % of the 16 nearest among 10,000; twice as much finds them all, and takes twice as long. */
const SEARCH_BREADTH = 128

/** A graph that is not kept yet: `vectors` holds the rows one after the other. */
export type ToBuild = { readonly vectors: Float32Array; readonly folder: string; readonly name: string }

/** The graph over `vectors` is kept under `name` for the next worker. */
export const openIndex = async (vectors: Float32Array, kept: Kept, name: string): Promise<Index> => {
  const rows = vectors.length / DIMENSIONS
  if (rows < SMALL) return exact(vectors, `${rows} examples are few`)
  try {
    const graph = await graphOf(vectors, kept, name)
    if (graph === undefined) return exact(vectors, 'hnswlib-node is not installed')
    graph.setEf(SEARCH_BREADTH)
    return {
      kind: 'hnsw',
      nearest(vector, count) {
        // The addon takes plain arrays alone, and refuses to return more than it holds.
        const found = graph.searchKnn(Array.from(vector), Math.min(count, rows))
        return found.neighbors
          .map((row, i) => ({ row, similarity: 1 - (found.distances[i] ?? 1) }))
          .sort((a, b) => b.similarity - a.similarity || a.row - b.row)
      },
    }
  } catch (error) {
    return exact(vectors, `hnswlib-node failed: ${error instanceof Error ? error.message : error}`)
  }
}

const emptyGraph = async () => {
  const library = await import('hnswlib-node').catch(() => undefined)
  return library && new library.default.HierarchicalNSW('ip', DIMENSIONS)
}

/** As it was kept; else built, beside this thread where that pays. */
const graphOf = async (vectors: Float32Array, kept: Kept, name: string) => {
  const rows = vectors.length / DIMENSIONS
  const given = { vectors, folder: kept.folder, name }
  const graph = await emptyGraph()
  if (graph === undefined || (await load(graph, kept.folder, name, rows))) return graph
  const elsewhere = worthAThread(rows) && (await aside('aside-index', given).catch(() => false))
  if (elsewhere && (await load(graph, kept.folder, name, rows))) return graph
  return build(given, kept)
}

export const build = async ({ vectors, name }: ToBuild, kept: Kept) => {
  const rows = vectors.length / DIMENSIONS
  const graph = await emptyGraph()
  if (graph === undefined) return undefined
  graph.initIndex(rows, NEIGHBOURS_PER_ROW, BUILD_BREADTH)
  for (let row = 0; row < rows; row++) {
    graph.addPoint(Array.from(vectors.subarray(row * DIMENSIONS, (row + 1) * DIMENSIONS)), row)
  }
  await keepChecked(kept, fileOf(name), path => void graph.writeIndexSync(path))
  return graph
}

type Graph = import('hnswlib-node').HierarchicalNSW

/** A damaged file can end the whole process inside the addon: its checksum is tested first. */
const load = async (graph: Graph, folder: string, name: string, rows: number): Promise<boolean> => {
  const found = await readChecked(folder, fileOf(name))
  if (found === undefined) return false
  try {
    graph.readIndexSync(found.path)
    return graph.getCurrentCount() === rows
  } catch {
    // Whole, but not for this build of the addon.
    await rm(found.path, { force: true })
    return false
  }
}

const fileOf = (name: string) => ({ prefix: `index-${name}`, suffix: 'hnsw' })

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
