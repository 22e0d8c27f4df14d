import { expect, test } from 'vitest'
import { pack, unpack } from '../../src/retrieval/packed.ts'
import type { Found } from '../../src/retrieval/protocol.ts'

test('what a worker found arrives on the other side as it was, to the last bit', () => {
  const tasks = ['build', 'deploy', 'unknown']
  const near = (row: number, dense: number, lexical: number) => ({
    row,
    dense,
    lexical,
    similarity: dense + lexical,
  })
  const found = {
    neighbours: [near(3_421, 0.1 + 0.2, 1 / 3), near(0, 0, 0.4999999999999999)],
    ranking: ['unknown', 'build', 'deploy'].map((task, i) => ({ task, confidence: 1 / (i + 7) })),
    margin: -0.1,
    known: 1e-17,
    tookMs: { encode: 4.4, search: 0.3 },
  }
  const crossed = (given: Found) => {
    const { neighbours, ranking, ...rest } = unpack(pack(given, tasks), tasks)
    return { neighbours: neighbours(), ranking: ranking(), ...rest }
  }
  expect(crossed(found)).toEqual(found)
  const byWords = { ...found, neighbours: [], byWords: true as const }
  expect(crossed(byWords)).toEqual(byWords)
})
