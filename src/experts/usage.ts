import type { Usage } from './expert.ts'

/** Of the places that look like usage the last ones are tried: some experts send an empty one after the full. */
const TRIES = 4
/** Numbers, and objects of numbers: no expert says more of it. */
const FORM = /"usage"\s*:\s*(\{[^{}]*(?:\{[^{}]*\}[^{}]*)*\})/y

/** The last usage in the end of an answer's bytes. A text that an answer quotes has its quotes escaped. */
export const usageIn = (tail: string): Usage | undefined => {
  let at = tail.length
  for (let left = TRIES; left > 0 && at > 0; left--) {
    at = tail.lastIndexOf('"usage"', at - 1)
    if (at < 0) return undefined
    FORM.lastIndex = at
    const usage = read(FORM.exec(tail)?.[1])
    if (usage !== undefined) return usage
  }
  return undefined
}

const read = (json: string | undefined): Usage | undefined => {
  if (json === undefined) return undefined
  try {
    return toUsage(JSON.parse(json))
  } catch {
    return undefined
  }
}

/** In the words of either of OpenAI's APIs; embeddings have no completion. */
export const toUsage = (value: unknown): Usage | undefined => {
  if (typeof value !== 'object' || value === null) return undefined
  const given = value as Record<string, unknown>
  const prompt = given.prompt_tokens ?? given.input_tokens
  const completion = given.completion_tokens ?? given.output_tokens ?? 0
  return isCount(prompt) && isCount(completion) ? { prompt, completion } : undefined
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0
