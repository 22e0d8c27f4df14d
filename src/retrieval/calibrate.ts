/** One example, decided by all the others as if it were a question. */
export type Trial = { readonly row: number; readonly task: string; readonly confidence: number }

/**
 * The lowest confidence above which the trials were wrong no more often than allowed. Undefined when even the
 * most confident ones were: then nothing may be decided by neighbours alone.
 */
export const thresholdFor = (
  trials: readonly { confidence: number; right: boolean }[],
  allowedError: number,
): number | undefined => {
  const sorted = [...trials].sort((a, b) => b.confidence - a.confidence)
  let wrong = 0
  let threshold: number | undefined
  sorted.forEach((trial, index) => {
    if (!trial.right) wrong++
    const next = sorted[index + 1]
    const endsHere = next === undefined || next.confidence < trial.confidence
    if (endsHere && wrong / (index + 1) <= allowedError) threshold = trial.confidence
  })
  return threshold
}
