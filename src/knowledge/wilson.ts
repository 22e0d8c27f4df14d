export type Interval = readonly [lo: number, hi: number]

const Z95 = 1.959963984540054

/** Wilson's interval of a share: stays inside 0 to 1, and is honest about 0 of 3. */
export const wilson = (right: number, n: number, z = Z95): Interval => {
  if (n === 0) return [0, 1]
  const share = right / n
  const middle = (share + (z * z) / (2 * n)) / (1 + (z * z) / n)
  const half = (z / (1 + (z * z) / n)) * Math.sqrt((share * (1 - share)) / n + (z * z) / (4 * n * n))
  return [Math.max(0, middle - half), Math.min(1, middle + half)]
}
