/** A task and how much speaks for it, between 0 and 1. */
export type Ranked = { readonly task: string; readonly confidence: number }

/**
 * The neighbours' vote: each speaks for its task with the square of its similarity. The confidence is a task's
 * share of all that was said, so that it falls when the nearest disagree.
 */
export const vote = (neighbours: readonly { task: string; similarity: number }[]): Ranked[] => {
  const said = new Map<string, number>()
  let total = 0
  for (const { task, similarity } of neighbours) {
    const weight = Math.max(similarity, 0) ** 2
    said.set(task, (said.get(task) ?? 0) + weight)
    total += weight
  }
  return [...said]
    .map(([task, weight]) => ({ task, confidence: total === 0 ? 0 : weight / total }))
    .sort((a, b) => b.confidence - a.confidence || (a.task < b.task ? -1 : 1))
}
