export type Random = () => number

/** The same numbers for the same seed, on every machine (mulberry32). */
export const seeded = (seed: number): Random => {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** A seed of a text's own, so that what befalls it does not depend on what stands before it in a file. */
export const seedOf = (text: string, seed: number): number => {
  let hash = 0x811c9dc5 ^ seed
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return hash
}

export const shuffled = <T>(items: readonly T[], random: Random): T[] => {
  const mixed = items.map(item => ({ item, at: random() }))
  return mixed.sort((a, b) => a.at - b.at).map(({ item }) => item)
}

export const pick = <T>(items: readonly [T, ...T[]], random: Random): T =>
  items[Math.floor(random() * items.length)] ?? items[0]
