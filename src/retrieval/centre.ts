/** Vectors, less what all of the context has in common, so that what is left tells tasks apart. */
import { LEXICAL_SHARE } from './lexical.ts'
import { sharedBytes } from './shared.ts'

const DENSE_SCALE = Math.sqrt(1 - LEXICAL_SHARE)

export function meanOf(vectors: Float32Array, n: number, dims: number): Float64Array {
  const mean = new Float64Array(dims)
  for (let i = 0, at = 0; i < n; i++) for (let j = 0; j < dims; j++) mean[j]! += vectors[at++]! / n
  return mean
}

/** Writes one vector, less the mean and scaled, to `out` from `at` on. */
export function centre(vector: Float32Array, mean: Float64Array, out: Float32Array, at = 0): void {
  let squares = 0
  for (let j = 0; j < mean.length; j++) {
    const x = vector[j]! - mean[j]!
    out[at + j] = x
    squares += x * x
  }
  const scale = squares > 0 ? DENSE_SCALE / Math.sqrt(squares) : 0
  for (let j = 0; j < mean.length; j++) out[at + j]! *= scale
}

export function centreAll(vectors: Float32Array, mean: Float64Array): Float32Array {
  const out = new Float32Array(sharedBytes(vectors.byteLength))
  const dims = mean.length
  for (let at = 0; at < vectors.length; at += dims) centre(vectors.subarray(at, at + dims), mean, out, at)
  return out
}
