import { appendFile, mkdtemp, readdir, readFile, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import { DIMENSIONS, loadEncoder } from '../../src/retrieval/encoder.ts'
import { graphOf } from '../../src/retrieval/graph.ts'
import { buildIndex } from '../../src/retrieval/index.ts'
import { openKept } from '../../src/retrieval/kept.ts'
import { middleOut } from '../../src/retrieval/text.ts'
import { openVectors } from '../../src/retrieval/vectors.ts'
import { root } from '../support/gateway.ts'

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'coe-vectors-'))
})

const vector = (seed: number) => {
  let state = seed * 2_654_435_761 + 1
  const values = Float32Array.from({ length: DIMENSIONS }, () => {
    state = (state * 16_807) % 2_147_483_647
    return state / 2_147_483_647 - 0.5
  })
  const length = Math.hypot(...values)
  return values.map(value => value / length)
}

test('a vector that was computed once is there after a restart', async () => {
  const before = await openVectors(openKept(folder), 'e')
  await before.add([
    ['one', vector(1)],
    ['two', vector(2)],
  ])
  const after = await openVectors(openKept(folder), 'e')
  expect(after.get('two')).toEqual(vector(2))
  expect(after.get('three')).toBeUndefined()
  expect((await openVectors(openKept(folder), 'another-model')).get('one')).toBeUndefined()
})

test('a record that a crash cut short, and all that follows damage, is dropped and computed again', async () => {
  const before = await openVectors(openKept(folder), 'e')
  await before.add([
    ['one', vector(1)],
    ['two', vector(2)],
  ])
  const path = join(folder, 'vectors-e.bin')
  await truncate(path, (await readFile(path)).length - 7)
  const after = await openVectors(openKept(folder), 'e')
  expect([after.get('one'), after.get('two')]).toEqual([vector(1), undefined])
  await after.add([['two', vector(2)]])
  expect((await openVectors(openKept(folder), 'e')).get('two')).toEqual(vector(2))
  await appendFile(path, 'garbage')
  expect((await openVectors(openKept(folder), 'e')).get('two')).toEqual(vector(2))
})

test('a folder that cannot be written to costs nothing but the next start, and says so', async () => {
  await writeFile(join(folder, 'file'), '')
  const kept = openKept(join(folder, 'file/below'))
  const vectors = await openVectors(kept, 'e')
  expect(kept.problem()).toBeUndefined()
  await vectors.add([['one', vector(1)]])
  expect(vectors.get('one')).toEqual(vector(1))
  expect(kept.problem()).toMatch(/below cannot be written: (ENOTDIR|EEXIST)/)
})

const rowsOf = (count: number) => {
  const rows = new Float32Array(count * DIMENSIONS)
  for (let row = 0; row < count; row++) rows.set(vector(row + 1), row * DIMENSIONS)
  return rows
}

test('the HNSW index finds what exact search finds, and is loaded the second time', async () => {
  const rows = rowsOf(700)
  const hnsw = await buildIndex(rows, openKept(folder), 'test')
  const exact = await buildIndex(rows.subarray(0, 300 * DIMENSIONS), openKept(folder), 'small')
  expect([hnsw.kind, exact.kind, exact.because]).toEqual(['hnsw', 'exact', '300 examples are few'])
  const loaded = await buildIndex(rows, openKept(folder), 'test')
  for (const row of [0, 123, 699]) {
    const found = hnsw.nearest(vector(row + 1), 5)
    expect(found[0]).toMatchObject({ row, similarity: expect.closeTo(1, 4) })
    expect(loaded.nearest(vector(row + 1), 5)).toEqual(found)
  }
  expect((await readdir(folder)).filter(name => name.startsWith('index-'))).toHaveLength(1)
})

test('a few rows more, fewer or elsewhere do not build the index anew, and are found where they are now', async () => {
  const library = (await import('hnswlib-node')).default
  const rows = rowsOf(700)
  await graphOf(library, rows, openKept(folder), 'before')
  // Two are gone, the others have moved up, three are new.
  const after = new Float32Array(701 * DIMENSIONS)
  after.set(rows.subarray(2 * DIMENSIONS))
  for (const [at, seed] of [9_001, 9_002, 9_003].entries()) after.set(vector(seed), (698 + at) * DIMENSIONS)
  const { rowOf } = await graphOf(library, after, openKept(folder), 'after')
  expect(rowOf).toHaveLength(703)
  expect([...rowOf.subarray(0, 4), ...rowOf.subarray(700)]).toEqual([-1, -1, 0, 1, 698, 699, 700])
  const index = await buildIndex(after, openKept(folder), 'after')
  expect(index.kind).toBe('hnsw')
  expect(index.nearest(vector(3), 1)).toEqual([{ row: 0, similarity: expect.closeTo(1, 4) }])
  expect(index.nearest(vector(9_003), 1)[0]?.row).toBe(700)
  expect(index.nearest(vector(1), 701).map(({ row }) => row)).not.toContain(-1)
  expect(index.nearest(vector(1), 1)[0]?.similarity).toBeLessThan(0.99)
  // More than a tenth is another context.
  const others = Float32Array.from(
    { length: 700 * DIMENSIONS },
    (_, i) => (i < 600 * DIMENSIONS ? rows[i] : 0.05) ?? 0,
  )
  expect((await graphOf(library, others, openKept(folder), 'others')).rowOf).toHaveLength(700)
})

test('a large index is built beside the thread that waits for it; where it cannot be kept, in that thread', async () => {
  const rows = rowsOf(2_000)
  const shut = join(folder, 'a-file')
  await writeFile(shut, '')
  const kept = openKept(folder)
  const beside = await buildIndex(rows, kept, 'large')
  const here = await buildIndex(rows, openKept(shut), 'large')
  expect([beside.kind, here.kind, kept.problem()]).toEqual(['hnsw', 'hnsw', undefined])
  expect(beside.nearest(vector(77), 5)).toEqual(here.nearest(vector(77), 5))
  expect((await readdir(folder)).filter(name => name.startsWith('points-large'))).toHaveLength(1)
})

test('a damaged index file is noticed before the native code reads it, and built again', async () => {
  const rows = rowsOf(600)
  await buildIndex(rows, openKept(folder), 'test')
  const name = (await readdir(folder)).find(file => file.startsWith('index-')) ?? ''
  const bytes = await readFile(join(folder, name))
  bytes.fill(255, 100, 400)
  await writeFile(join(folder, name), bytes)
  expect((await buildIndex(rows, openKept(folder), 'test')).nearest(vector(5), 1)[0]?.row).toBe(4)
})

test("a text's vector is the same whenever and wherever it is encoded, and a long one costs what a page does", async () => {
  const encoder = await loadEncoder(join(root, 'models'))
  const text = 'pod 重启 with exit code 137'
  const alone = await encoder.encode(text)
  await encoder.encode('something else in between')
  expect(await encoder.encode(text)).toEqual(alone)
  expect(Math.hypot(...alone)).toBeCloseTo(1, 5)
  const log = 'ERROR connection reset by peer at line 5\n'.repeat(20_000)
  expect(await encoder.encode(`why does it fail?\n${log}`)).toHaveLength(DIMENSIONS)
  expect(middleOut(log, 100)).toHaveLength(101)
})

test('two processes that save the same index at once leave one whole file', async () => {
  const rows = rowsOf(520)
  const kept = [openKept(folder), openKept(folder), openKept(folder)]
  await Promise.all(kept.map(one => buildIndex(rows, one, 'test')))
  expect(kept.map(one => one.problem())).toEqual([undefined, undefined, undefined])
  expect((await readdir(folder)).sort()).toEqual([
    expect.stringMatching(/^index-[0-9a-f]+-[0-9a-f]+\.hnsw$/),
    expect.stringMatching(/^points-test-[0-9a-f]+\.txt$/),
  ])
  const loaded = await buildIndex(rows, openKept(folder), 'test')
  expect(loaded.nearest(vector(5), 1)[0]?.row).toBe(4)
})
