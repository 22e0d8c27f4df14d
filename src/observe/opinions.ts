/** What clients think of an expert's answers on a task. */
export type Opinion = {
  readonly expert: string
  readonly task: string
  /** Scores of one half and more. */
  readonly good: number
  readonly bad: number
  /** Of the scores, 0 to 1. */
  readonly mean: number
  readonly n: number
}

type Count = { readonly expert: string; readonly task: string; good: number; bad: number; sum: number }

/** Maps come and go; so many pairs of expert and task are counted at once, and beyond them the oldest is forgotten. */
const PAIRS = 2_000

export const createOpinions = () => {
  const counts = new Map<string, Count>()
  const countOf = (expert: string, task: string): Count => {
    const key = `${expert}\0${task}`
    const known = counts.get(key)
    if (known !== undefined) return known
    const [oldest] = counts.keys()
    if (oldest !== undefined && counts.size >= PAIRS) counts.delete(oldest)
    const count = { expert, task, good: 0, bad: 0, sum: 0 }
    counts.set(key, count)
    return count
  }
  const add = (count: Count, score: number, by: 1 | -1) => {
    if (score >= 0.5) count.good += by
    else count.bad += by
    count.sum += by * score
  }
  return {
    /** `before` is what the same answer was given earlier: it counts once. */
    put(expert: string, task: string, score: number, before: number | undefined) {
      const count = countOf(expert, task)
      // Nothing is left to take back where the pair was forgotten meanwhile.
      if (before !== undefined && count.good + count.bad > 0) add(count, before, -1)
      add(count, score, 1)
    },
    list: (): Opinion[] => [...counts.values()].map(shown).sort((a, b) => b.n - a.n),
  }
}

/** Several processes' opinions as one's. */
export const opinionsTogether = (all: readonly (readonly Opinion[])[]): Opinion[] => {
  const counts = new Map<string, Count>()
  for (const { expert, task, good, bad, mean, n } of all.flat()) {
    const key = `${expert}\0${task}`
    const count = counts.get(key) ?? { expert, task, good: 0, bad: 0, sum: 0 }
    counts.set(key, { ...count, good: count.good + good, bad: count.bad + bad, sum: count.sum + mean * n })
  }
  return [...counts.values()].map(shown).sort((a, b) => b.n - a.n)
}

const shown = ({ expert, task, good, bad, sum }: Count): Opinion => {
  const n = good + bad
  return { expert, task, good, bad, mean: n === 0 ? 0 : Math.round((sum / n) * 1e4) / 1e4, n }
}
