import type { Result } from './figures.ts'
import { type Bin, byTaskOf, eceOf, mean, share } from './scores.ts'

/** How far the parts lie apart: the mean alone would hide it. */
export type Spread = { readonly min: number; readonly max: number; readonly sd: number }

export type Mean = Result & {
  readonly parts: number
  /** Of all questions together: parts of few questions each look worse calibrated than they are. */
  readonly eceOfAll: number
  readonly spread: { readonly accuracy: Spread }
}

/** Counts are added up, tasks are scored over all parts, everything else is averaged over the parts that have it. */
export const meanOf = (results: readonly [Result, ...Result[]]): Mean => {
  const [first] = results
  const accuracies = results.map(({ accuracy }) => accuracy)
  // Trees of one shape, averaged leaf by leaf, have that shape.
  const averaged = average(results) as Result
  const confusion = addUp(results.map(result => result.confusion)) as Result['confusion']
  const reliability = pool(results.flatMap(result => result.reliability))
  return {
    ...averaged,
    n: total(results.map(({ n }) => n)),
    encoder: first.encoder,
    classifierCalls: total(results.map(({ classifierCalls }) => classifierCalls)),
    classifierFailed: total(results.map(({ classifierFailed }) => classifierFailed)),
    byTask: byTaskOf(confusion),
    confusion,
    reliability,
    unknown: averaged.unknown && {
      ...averaged.unknown,
      n: total(results.map(({ unknown }) => unknown?.n ?? 0)),
    },
    eceOfAll: eceOf(reliability),
    parts: results.length,
    spread: { accuracy: spreadOf(accuracies) },
  }
}

const total = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0)

const spreadOf = (values: readonly number[]): Spread => {
  const middle = mean(values)
  const squares = total(values.map(value => (value - middle) ** 2))
  return {
    min: Math.min(...values),
    max: Math.max(...values),
    sd: Math.sqrt(share(squares, values.length - 1)),
  }
}

/** The same tree with every number averaged over those that have one. */
const average = (values: readonly unknown[]): unknown => merge(values, mean)
const addUp = (values: readonly unknown[]): unknown => merge(values, total)

const merge = (values: readonly unknown[], by: (values: readonly number[]) => number): unknown => {
  const numbers = values.filter(value => typeof value === 'number')
  if (numbers.length > 0) return by(numbers)
  const objects = values.filter(isObject)
  if (objects.length === 0) return values[0] ?? null
  const keys = [...new Set(objects.flatMap(object => Object.keys(object)))]
  return Object.fromEntries(
    keys.map(key => [
      key,
      merge(
        objects.flatMap(object => (key in object ? [object[key]] : [])),
        by,
      ),
    ]),
  )
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Bins of the same width put together, each by its number of questions. */
const pool = (bins: readonly Bin[]): Bin[] => {
  const widths = new Map<number, Bin[]>()
  for (const bin of bins) widths.set(bin.from, [...(widths.get(bin.from) ?? []), bin])
  return [...widths.values()]
    .map(same => {
      const n = total(same.map(bin => bin.n))
      const weighted = (of: (bin: Bin) => number) => share(total(same.map(bin => bin.n * of(bin))), n)
      return {
        from: same[0]?.from ?? 0,
        to: same[0]?.to ?? 0,
        n,
        confidence: weighted(bin => bin.confidence),
        accuracy: weighted(bin => bin.accuracy),
      }
    })
    .sort((a, b) => a.from - b.from)
}
