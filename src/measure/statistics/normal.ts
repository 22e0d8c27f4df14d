/** P(Z ≤ z) of the standard normal distribution (Zelen and Severo, error below 1e-7). */
export const normalBelow = (z: number): number => {
  const t = 1 / (1 + 0.2316419 * Math.abs(z))
  const polynomial =
    t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))))
  const above = (Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)) * polynomial
  return z >= 0 ? 1 - above : above
}

/** E[max(0, Z - z)] of the standard normal distribution: what is to be hoped for beyond z. */
export const expectedExcess = (z: number): number =>
  Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI) - z * normalBelow(-z)
