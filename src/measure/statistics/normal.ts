/** P(Z ≤ z) of the standard normal distribution (Zelen and Severo, error below 1e-7). */
export const normalBelow = (z: number): number => {
  const t = 1 / (1 + 0.2316419 * Math.abs(z))
  const polynomial =
    t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))))
  const above = (Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)) * polynomial
  return z >= 0 ? 1 - above : above
}

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

/** E[max(0, Z - z)] of the standard normal distribution: what is to be hoped for beyond z. */
export const expectedExcess = (z: number): number =>
  Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI) - z * normalBelow(-z)
