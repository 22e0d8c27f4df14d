/** Figures from what was decided and what was true. All of them pure. */

export type Pair = { readonly truth: string; readonly task: string }

/** How often each task (first key) was decided as which (second). */
export type Confusion = Readonly<Record<string, Readonly<Record<string, number>>>>

export type TaskScore = {
  readonly n: number
  /** Share of the task's questions decided right. */
  readonly recall: number
  /** Share of what was decided as the task that belongs to it; null where nothing was. */
  readonly precision: number | null
  readonly f1: number
}

export type Bin = {
  readonly from: number
  readonly to: number
  readonly n: number
  readonly confidence: number
  readonly accuracy: number
}

export const share = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole)

export const mean = (values: readonly number[]): number =>
  share(
    values.reduce((sum, value) => sum + value, 0),
    values.length,
  )

export const accuracyOf = (pairs: readonly Pair[]): number =>
  share(pairs.filter(({ truth, task }) => truth === task).length, pairs.length)

export const confusionOf = (pairs: readonly Pair[]): Confusion => {
  const counts = new Map<string, Map<string, number>>()
  for (const { truth, task } of pairs) {
    const row = counts.get(truth) ?? new Map<string, number>()
    counts.set(truth, row.set(task, (row.get(task) ?? 0) + 1))
  }
  const sorted = <T>(map: Map<string, T>) => [...map].sort(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(sorted(counts).map(([truth, row]) => [truth, Object.fromEntries(sorted(row))]))
}

/** Of every task that questions belong to. */
export const byTaskOf = (confusion: Confusion): Record<string, TaskScore> =>
  Object.fromEntries(
    Object.entries(confusion).map(([task, row]) => {
      const n = sum(Object.values(row))
      const right = row[task] ?? 0
      const said = sum(Object.values(confusion).map(other => other[task] ?? 0))
      const score = {
        n,
        recall: share(right, n),
        precision: said === 0 ? null : right / said,
        f1: (2 * right) / (n + said),
      }
      return [task, score]
    }),
  )

/** Every task weighs the same, however many questions it has. */
export const macroF1Of = (byTask: Readonly<Record<string, TaskScore>>): number =>
  mean(Object.values(byTask).map(({ f1 }) => f1))

const BINS = 15

type Sure = { readonly confidence: number; readonly right: boolean }

/** Equally wide bins of confidence, the empty ones left out. */
export const binsOf = (verdicts: readonly Sure[]): Bin[] =>
  Array.from({ length: BINS }, (_, bin) => {
    const inside = verdicts.filter(
      ({ confidence }) => Math.min(BINS - 1, Math.floor(confidence * BINS)) === bin,
    )
    return {
      from: bin / BINS,
      to: (bin + 1) / BINS,
      n: inside.length,
      confidence: mean(inside.map(({ confidence }) => confidence)),
      accuracy: mean(inside.map(({ right }) => Number(right))),
    }
  }).filter(({ n }) => n > 0)

/** Expected calibration error: how far confidence and accuracy are apart, by bins, weighted by their size. */
export const eceOf = (bins: readonly Bin[]): number =>
  share(
    sum(bins.map(({ n, confidence, accuracy }) => n * Math.abs(confidence - accuracy))),
    sum(bins.map(({ n }) => n)),
  )

type Scored = { readonly score: number; readonly positive: boolean }

/** The chance that a positive has a higher score than a negative; ties count half. Null without one of either. */
export const aurocOf = (scored: readonly Scored[]): number | null => {
  const positives = scored.filter(({ positive }) => positive).length
  const negatives = scored.length - positives
  if (positives === 0 || negatives === 0) return null
  const sorted = [...scored].sort((a, b) => a.score - b.score)
  let ranks = 0
  for (let from = 0; from < sorted.length; ) {
    let to = from
    while (to < sorted.length && sorted[to]?.score === sorted[from]?.score) to++
    // Tied scores share the mean of their ranks, which count from 1.
    ranks += sorted.slice(from, to).filter(({ positive }) => positive).length * ((from + 1 + to) / 2)
    from = to
  }
  return (ranks - (positives * (positives + 1)) / 2) / (positives * negatives)
}

/** The nearest-rank quantile: a value that was really seen. */
export const quantileOf = (values: readonly number[], quantile: number): number => {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(quantile * sorted.length) - 1)] ?? 0
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)
