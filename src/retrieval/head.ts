/** The head: ridge regression from features to tasks, one column a task, by dual coordinate descent. */
import type { Rows } from './lexical.ts'

export type Features = {
  n: number
  /** n vectors of `dims` numbers, one after the other */
  dense: Float32Array
  dims: number
  rows: Rows
  /** how many lexical features there are */
  lexical: number
}

export type Head = {
  /** numbers a feature: the tasks, and what fills the last four */
  width: number
  dims: number
  /** dense weights, then lexical weights; feature after feature, `width` numbers each */
  weights: Float32Array
  /** how much each example pulls each task */
  pull: Float32Array
}

const RIDGE = 0.15

/** Columns come in fours, which is quicker; those beyond the tasks stay 0. */
export function widthFor(tasks: number): number {
  return Math.ceil(tasks / 4) * 4
}

/** Scores of one text, whose vector begins at `at` and whose lexical features are those `from`..`to`. */
export function scoresOf(
  head: Head,
  dense: Float32Array,
  at: number,
  ids: Int32Array,
  values: Float32Array,
  from: number,
  to: number,
  out: Float64Array,
): void {
  const { width, dims, weights } = head
  for (let t = 0; t < width; t += 4) {
    let a = 0,
      b = 0,
      c = 0,
      d = 0
    for (let j = 0, w = t; j < dims; j++, w += width) {
      const x = dense[at + j]!
      a += x * weights[w]!
      b += x * weights[w + 1]!
      c += x * weights[w + 2]!
      d += x * weights[w + 3]!
    }
    for (let p = from; p < to; p++) {
      const x = values[p]!
      const w = (dims + ids[p]!) * width + t
      a += x * weights[w]!
      b += x * weights[w + 1]!
      c += x * weights[w + 2]!
      d += x * weights[w + 3]!
    }
    out[t] = a
    out[t + 1] = b
    out[t + 2] = c
    out[t + 3] = d
  }
}

/** weights += steps, for each feature of example `i` as much as the example has of it */
function move(head: Head, features: Features, i: number, steps: Float64Array): void {
  const { width, dims, weights } = head
  const { dense, rows } = features
  for (let t = 0; t < width; t += 4) {
    const a = steps[t]!,
      b = steps[t + 1]!,
      c = steps[t + 2]!,
      d = steps[t + 3]!
    for (let j = 0, w = t, at = i * dims; j < dims; j++, w += width) {
      const x = dense[at + j]!
      weights[w]! += x * a
      weights[w + 1]! += x * b
      weights[w + 2]! += x * c
      weights[w + 3]! += x * d
    }
    for (let p = rows.starts[i]!; p < rows.starts[i + 1]!; p++) {
      const x = rows.values[p]!
      const w = (dims + rows.ids[p]!) * width + t
      weights[w]! += x * a
      weights[w + 1]! += x * b
      weights[w + 2]! += x * c
      weights[w + 3]! += x * d
    }
  }
}

function scoresAt(head: Head, features: Features, i: number, out: Float64Array): void {
  const { rows, dense, dims } = features
  scoresOf(head, dense, i * dims, rows.ids, rows.values, rows.starts[i]!, rows.starts[i + 1]!, out)
}

/** Small and seeded: the same context gives the same head. */
export function shuffled(n: number, seed: number): Int32Array {
  const order = Int32Array.from({ length: n }, (_, i) => i)
  let state = seed >>> 0 || 1
  for (let i = n - 1; i > 0; i--) {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    state >>>= 0
    const j = state % (i + 1)
    const kept = order[i]!
    order[i] = order[j]!
    order[j] = kept
  }
  return order
}

/** Enough to settle: few examples need more rounds. Of 12,002 questions as many are decided right after 5 as after 8. */
function roundsFor(n: number): number {
  return Math.min(40, Math.max(5, Math.round(20_000 / n)))
}

/** Goes over the examples `rounds` times; `use` says which (all without it). */
function descend(
  head: Head,
  features: Features,
  labels: Int32Array,
  rounds: number,
  use?: (i: number) => boolean,
): void {
  const { width, pull } = head
  const scores = new Float64Array(width)
  for (let round = 1; round <= rounds; round++) {
    for (const i of shuffled(features.n, round)) {
      if (use && !use(i)) continue
      scoresAt(head, features, i, scores)
      for (let t = 0; t < width; t++) {
        const wanted = labels[i] === t ? 1 : 0
        const step = (wanted - scores[t]! - RIDGE * pull[i * width + t]!) / (1 + RIDGE)
        pull[i * width + t]! += step
        scores[t] = step
      }
      move(head, features, i, scores)
    }
  }
}

function emptyHead({ n, dims, lexical }: Features, tasks: number): Head {
  const width = widthFor(tasks)
  const weights = new Float32Array((dims + lexical) * width)
  return { width, dims, weights, pull: new Float32Array(n * width) }
}

export function fitHead(
  features: Features,
  labels: Int32Array,
  tasks: number,
  rounds = roundsFor(features.n),
): Head {
  const head = emptyHead(features, tasks)
  descend(head, features, labels, rounds)
  return head
}

/** From what most examples pulled when nearly the same were fitted; 0 for those that are new. One round settles the rest. */
export function refitHead(features: Features, labels: Int32Array, tasks: number, pull: Float32Array): Head {
  const head = { ...emptyHead(features, tasks), pull }
  const steps = new Float64Array(head.width)
  for (let i = 0; i < features.n; i++) {
    steps.set(pull.subarray(i * head.width, (i + 1) * head.width))
    move(head, features, i, steps)
  }
  descend(head, features, labels, 1)
  return head
}

/** Scores of the examples of one fold by a head that has forgotten them: starts from `full`. */
export function scoresWithout(
  full: Head,
  features: Features,
  labels: Int32Array,
  foldOf: Uint8Array,
  fold: number,
  out: Float32Array,
  rounds = Math.round(roundsFor(features.n) / 2),
): void {
  const { width } = full
  const head: Head = { ...full, weights: full.weights.slice(), pull: full.pull.slice() }
  const steps = new Float64Array(width)
  for (let i = 0; i < features.n; i++) {
    if (foldOf[i] !== fold) continue
    for (let t = 0; t < width; t++) steps[t] = -head.pull[i * width + t]!
    move(head, features, i, steps)
  }
  descend(head, features, labels, rounds, i => foldOf[i] !== fold)
  for (let i = 0; i < features.n; i++) {
    if (foldOf[i] !== fold) continue
    scoresAt(head, features, i, steps)
    out.set(steps, i * width)
  }
}
