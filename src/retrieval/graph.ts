import { hash } from 'node:crypto'
import { rm, writeFile } from 'node:fs/promises'
import { aside, worthAThread } from './aside.ts'
import { keepChecked, newestChecked, readChecked } from './checked.ts'
import { DIMENSIONS } from './encoder.ts'
import type { Kept } from './kept.ts'

export type Library = Pick<typeof import('hnswlib-node'), 'HierarchicalNSW'>
type Addon = import('hnswlib-node').HierarchicalNSW

/** A graph of rows. Inside it they are points, which keep their numbers while rows come and go. */
export type Graph = {
  readonly addon: Addon
  /** The row of each point; -1 where it has none any more. */
  readonly rowOf: Int32Array
}

const NEIGHBOURS_PER_ROW = 24
const BUILD_BREADTH = 128
/** A graph of which more has changed is built anew: one that is patched again and again finds less. */
const MOST_CHANGED = 0.1

/**
 * The graph of these vectors: as it was kept under `name`, or grown from a kept one that holds nearly the same, since
 * ten examples more must not cost what ten thousand do, or built.
 */
export const graphOf = async (...given: Parameters<typeof beginGraph>): Promise<Graph> =>
  (await beginGraph(...given)).graph

/** Here when it is known what is to be done; what takes long goes on in another thread. */
export const beginGraph = async (
  library: Library,
  vectors: Float32Array,
  kept: Kept,
  name: string,
): Promise<{ readonly graph: Promise<Graph> }> => {
  const keys = keysOf(vectors)
  const known = await load(library, { folder: kept.folder, text: await pointsOf(kept.folder, name) }, keys)
  if (known?.missing.length === 0 && known.gone.length === 0) return { graph: Promise.resolve(known) }
  const like = known ?? (await nearlySame(library, kept.folder, keys))
  if (like === undefined) return { graph: builtAnew(library, vectors, kept, name) }
  const graph = grown(like, vectors)
  await keep(kept, name, graph, keys)
  return { graph: Promise.resolve(graph) }
}

const builtAnew = async (...given: [Library, Float32Array, Kept, string]): Promise<Graph> =>
  (await builtAside(...given)) ?? build(...given)

/** What a thread beside this one is given to build from. */
export type ToBuild = { readonly vectors: Float32Array; readonly folder: string; readonly name: string }

/** Many rows are put together by another core, and read from where they are kept. */
const builtAside = async (library: Library, vectors: Float32Array, kept: Kept, name: string) => {
  if (!worthAThread(vectors.length / DIMENSIONS)) return undefined
  const { folder } = kept
  const isKept = await aside('aside-index', { vectors, folder, name }).catch(() => false)
  return isKept ? load(library, { folder, text: await pointsOf(folder, name) }, keysOf(vectors)) : undefined
}

export const build = async (library: Library, vectors: Float32Array, kept: Kept, name: string) => {
  const graph = built(library, vectors)
  await keep(kept, name, graph, keysOf(vectors))
  return graph
}

/** Vectors are the same where their bytes are. */
const keysOf = (vectors: Float32Array): string[] => {
  const bytes = new Uint8Array(vectors.buffer, vectors.byteOffset, vectors.byteLength)
  const width = DIMENSIONS * vectors.BYTES_PER_ELEMENT
  return Array.from({ length: bytes.length / width }, (_, row) =>
    hash('sha1', bytes.subarray(row * width, (row + 1) * width), 'hex').slice(0, 16),
  )
}

/** The addon takes plain arrays alone. */
const vectorOf = (vectors: Float32Array, row: number) =>
  Array.from(vectors.subarray(row * DIMENSIONS, (row + 1) * DIMENSIONS))

const built = ({ HierarchicalNSW }: Library, vectors: Float32Array): Graph => {
  const addon = new HierarchicalNSW('ip', DIMENSIONS)
  const rows = vectors.length / DIMENSIONS
  addon.initIndex(rows, NEIGHBOURS_PER_ROW, BUILD_BREADTH)
  for (let row = 0; row < rows; row++) addon.addPoint(vectorOf(vectors, row), row)
  return { addon, rowOf: Int32Array.from({ length: rows }, (_, row) => row) }
}

/** Which points are which rows, which rows are no point yet, and which points are no row any more. */
type Placed = { readonly rowOf: Int32Array; readonly missing: number[]; readonly gone: number[] }

/** Stands for a point that was taken out. */
const GONE = ''

const place = (points: readonly string[], keys: readonly string[]): Placed => {
  const free = new Map<string, number[]>()
  points.forEach((key, point) => {
    const alike = free.get(key)
    if (alike !== undefined) alike.push(point)
    else if (key !== GONE) free.set(key, [point])
  })
  const rowOf = new Int32Array(points.length).fill(-1)
  const missing: number[] = []
  keys.forEach((key, row) => {
    const point = free.get(key)?.pop()
    if (point === undefined) missing.push(row)
    else rowOf[point] = row
  })
  return { rowOf, missing, gone: [...free.values()].flat() }
}

const grown = ({ addon, rowOf, missing, gone }: Graph & Placed, vectors: Float32Array): Graph => {
  addon.resizeIndex(rowOf.length + missing.length)
  for (const point of gone) addon.markDelete(point)
  missing.forEach((row, i) => {
    addon.addPoint(vectorOf(vectors, row), rowOf.length + i)
  })
  return { addon, rowOf: Int32Array.from([...rowOf, ...missing]) }
}

const POINTS = { prefix: 'points', suffix: 'txt' }
const pointsFile = (name: string) => ({ ...POINTS, prefix: `${POINTS.prefix}-${name}` })
/** Bound to its points by their hash: of another process's graph of the same rows the points may be others. */
const graphFile = (points: string) => ({
  prefix: `index-${hash('sha1', points).slice(0, 16)}`,
  suffix: 'hnsw',
})

const keep = async (kept: Kept, name: string, { addon, rowOf }: Graph, keys: readonly string[]) => {
  const points = Array.from(rowOf, row => keys[row] ?? GONE).join('\n')
  await keepChecked(kept, graphFile(points), path => void addon.writeIndexSync(path))
  await keepChecked(kept, pointsFile(name), path => writeFile(path, points))
}

const pointsOf = async (folder: string, name: string) =>
  (await readChecked(folder, pointsFile(name)))?.bytes.toString()

/** A damaged file can end the whole process inside the addon: its checksum is tested first. */
const load = async (
  { HierarchicalNSW }: Library,
  { folder, text }: { readonly folder: string; readonly text: string | undefined },
  keys: readonly string[],
): Promise<(Graph & Placed) | undefined> => {
  const found = text === undefined ? undefined : await readChecked(folder, graphFile(text))
  if (text === undefined || found === undefined) return undefined
  try {
    const addon = new HierarchicalNSW('ip', DIMENSIONS)
    addon.readIndexSync(found.path)
    const points = text.split('\n')
    return addon.getCurrentCount() === points.length ? { addon, ...place(points, keys) } : undefined
  } catch {
    // Whole, but not for this build of the addon.
    await rm(found.path, { force: true })
    return undefined
  }
}

/** The newest that is. */
const nearlySame = async (library: Library, folder: string, keys: readonly string[]) => {
  for (const file of await newestChecked(folder, POINTS)) {
    const text = (await readChecked(folder, file))?.bytes.toString()
    if (text === undefined) continue
    const points = text.split('\n')
    const { missing, gone } = place(points, keys)
    const over = points.filter(key => key === GONE).length
    if (missing.length + gone.length + over > MOST_CHANGED * keys.length) continue
    const loaded = await load(library, { folder, text }, keys)
    if (loaded !== undefined) return loaded
  }
  return undefined
}
