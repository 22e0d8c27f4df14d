export type DiffLine = {
  readonly kind: 'same' | 'added' | 'removed'
  readonly text: string
  /** Its number in the later text, or in the earlier one if it is no longer there. */
  readonly line: number
}

/** Beyond so many comparisons, what lies between the first and the last difference is shown as replaced. */
const MOST_COMPARISONS = 4_000_000

/** Which lines came and went between two texts. */
export const diff = (before: string, after: string): DiffLine[] => {
  const a = before.split('\n')
  const b = after.split('\n')
  let head = 0
  while (head < a.length && head < b.length && a[head] === b[head]) head++
  let tail = 0
  while (tail < a.length - head && tail < b.length - head && a.at(-1 - tail) === b.at(-1 - tail)) tail++
  const same = (from: number, to: number): DiffLine[] =>
    b.slice(from, to).map((text, i) => ({ kind: 'same', text, line: from + i + 1 }))
  return [
    ...same(0, head),
    ...between(a.slice(head, a.length - tail), b.slice(head, b.length - tail), head),
    ...same(b.length - tail, b.length),
  ]
}

const between = (a: readonly string[], b: readonly string[], offset: number): DiffLine[] => {
  const lengths = a.length * b.length > MOST_COMPARISONS ? undefined : commonLengths(a, b)
  const lines: DiffLine[] = []
  let i = 0
  let j = 0
  while (i < a.length || j < b.length) {
    const text = a[i]
    if (text !== undefined && text === b[j] && lengths !== undefined) {
      lines.push({ kind: 'same', text, line: offset + j + 1 })
      i++
      j++
    } else if (text !== undefined && (j === b.length || !keepsMore(lengths, i, j, b.length))) {
      lines.push({ kind: 'removed', text, line: offset + i + 1 })
      i++
    } else {
      lines.push({ kind: 'added', text: b[j] ?? '', line: offset + j + 1 })
      j++
    }
  }
  return lines
}

/** Whether leaving out the later text's line keeps more in common than leaving out the earlier one's. */
const keepsMore = (lengths: Uint32Array | undefined, i: number, j: number, width: number): boolean => {
  if (lengths === undefined) return false
  const at = (row: number, column: number) => lengths[row * (width + 1) + column] ?? 0
  return at(i, j + 1) > at(i + 1, j)
}

/** How many lines the rests of both texts have in common, for every pair of rests. */
const commonLengths = (a: readonly string[], b: readonly string[]): Uint32Array => {
  const width = b.length + 1
  const lengths = new Uint32Array((a.length + 1) * width)
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      const down = lengths[(i + 1) * width + j] ?? 0
      const right = lengths[i * width + j + 1] ?? 0
      lengths[i * width + j] =
        a[i] === b[j] ? (lengths[(i + 1) * width + j + 1] ?? 0) + 1 : Math.max(down, right)
    }
  }
  return lengths
}

/** The changes with some lines around them; what lies further away is told by its number of lines. */
export const hunks = (
  lines: readonly DiffLine[],
  around = 3,
): (DiffLine | { readonly skipped: number })[] => {
  const near = new Set<number>()
  lines.forEach(({ kind }, at) => {
    if (kind === 'same') return
    for (let i = at - around; i <= at + around; i++) near.add(i)
  })
  const shown: (DiffLine | { skipped: number })[] = []
  lines.forEach((line, at) => {
    const last = shown.at(-1)
    if (near.has(at)) shown.push(line)
    else if (last !== undefined && 'skipped' in last) last.skipped++
    else shown.push({ skipped: 1 })
  })
  return shown
}
