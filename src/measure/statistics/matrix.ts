/** Small dense symmetric matrices, row after row: one row an expert. */
export type Matrix = Float64Array

export const multiply = (a: Matrix, b: Matrix, size: number): Matrix => {
  const product = new Float64Array(size * size)
  for (let i = 0; i < size; i++) {
    for (let k = 0; k < size; k++) {
      const left = at(a, i * size + k)
      for (let j = 0; j < size; j++) add(product, i * size + j, left * at(b, k * size + j))
    }
  }
  return product
}

export const times = (matrix: Matrix, vector: Float64Array): Float64Array =>
  vector.map((_, i) => {
    let sum = 0
    for (let j = 0; j < vector.length; j++) sum += at(matrix, i * vector.length + j) * at(vector, j)
    return sum
  })

export const timesTransposed = (matrix: Matrix, vector: Float64Array): Float64Array =>
  vector.map((_, j) => {
    let sum = 0
    for (let i = 0; i < vector.length; i++) sum += at(matrix, i * vector.length + j) * at(vector, i)
    return sum
  })

export const dot = (a: Float64Array, b: Float64Array): number => {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += at(a, i) * at(b, i)
  return sum
}

export const added = (a: Float64Array, b: Float64Array): Float64Array => a.map((value, i) => value + at(b, i))

export type Inverse = { readonly matrix: Matrix; readonly logDeterminant: number }

/** Of a positive definite matrix, by its Cholesky factor; undefined where it is none. */
export const inverseOf = (matrix: Matrix, size: number): Inverse | undefined => {
  const factor = factorOf(matrix, size)
  if (factor === undefined) return undefined
  const under = underInverse(factor, size)
  const inverse = new Float64Array(size * size)
  for (let i = 0; i < size; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = 0
      for (let k = i; k < size; k++) sum += at(under, k * size + i) * at(under, k * size + j)
      inverse[i * size + j] = sum
      inverse[j * size + i] = sum
    }
  }
  let logDeterminant = 0
  for (let i = 0; i < size; i++) logDeterminant += 2 * Math.log(at(factor, i * size + i))
  return { matrix: inverse, logDeterminant }
}

const factorOf = (matrix: Matrix, size: number): Matrix | undefined => {
  const factor = new Float64Array(size * size)
  for (let i = 0; i < size; i++) {
    for (let j = 0; j <= i; j++) {
      let rest = at(matrix, i * size + j)
      for (let k = 0; k < j; k++) rest -= at(factor, i * size + k) * at(factor, j * size + k)
      if (i === j && !(rest > 0)) return undefined
      factor[i * size + j] = i === j ? Math.sqrt(rest) : rest / at(factor, j * size + j)
    }
  }
  return factor
}

const underInverse = (factor: Matrix, size: number): Matrix => {
  const inverse = new Float64Array(size * size)
  for (let j = 0; j < size; j++) {
    inverse[j * size + j] = 1 / at(factor, j * size + j)
    for (let i = j + 1; i < size; i++) {
      let sum = 0
      for (let k = j; k < i; k++) sum -= at(factor, i * size + k) * at(inverse, k * size + j)
      inverse[i * size + j] = sum / at(factor, i * size + i)
    }
  }
  return inverse
}

/** Inside these loops an index is always in range: the compiler cannot know, and would rather hear of undefined. */
export const at = (values: ArrayLike<number>, index: number): number => values[index] ?? 0

export const add = (values: Float64Array, index: number, value: number) => {
  values[index] = at(values, index) + value
}
