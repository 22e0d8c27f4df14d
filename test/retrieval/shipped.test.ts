import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readSources } from '../../src/knowledge/sources.ts'
import { loadEncoder } from '../../src/retrieval/encoder.ts'
import { asCompared } from '../../src/retrieval/essence.ts'
import { forEncoder } from '../../src/retrieval/text.ts'
import { readVectors } from '../../src/retrieval/vectors.ts'
import { root } from '../support/gateway.ts'

test('every shipped example comes with the very vector that the encoder makes of it (else: npm run vectors)', async () => {
  const { examples } = await readSources(join(root, 'mappings/default.yaml'), {})
  const encoder = await loadEncoder(join(root, 'models'))
  const shipped = await readVectors(join(root, 'models'), encoder.id)
  const texts = examples.map(example => forEncoder(asCompared(example)))
  expect(texts.filter(text => shipped.get(text) === undefined)).toEqual([])
  for (const text of texts.filter((_, row) => row % 60 === 0)) {
    const [made, found] = [await encoder.encode(text), shipped.get(text) ?? new Float32Array(0)]
    expect(Math.max(...made.map((value, i) => Math.abs(value - (found[i] ?? 9))))).toBeLessThan(0.02)
  }
})
