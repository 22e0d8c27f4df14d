import type { Metric, Registry } from 'prom-client'

/**
 * What is counted at every request. prom-client's own counters write all labels into one text and look for mistakes in
 * them each time; these find their place by the labels' values, and are written out only for who asks for them.
 */
export type Described<Names extends readonly string[]> = {
  readonly name: string
  readonly help: string
  readonly labelNames: Names
}

/** A value for each name. */
type Values<Names extends readonly string[]> = { readonly [At in keyof Names]: string }

type Exported = { value: number; labels: Record<string, string | number>; metricName?: string }

/** One of its kind for each combination of labels that there was; without labels there is one from the beginning. */
class Series<T extends object> {
  private readonly all = new Map<string, T & { readonly labels: Record<string, string> }>()
  private readonly labelNames: readonly string[]
  private readonly make: () => T

  constructor(labelNames: readonly string[], make: () => T) {
    this.labelNames = labelNames
    this.make = make
    if (labelNames.length === 0) this.at([])
  }

  at(values: readonly string[]): T {
    const [only = ''] = values
    const key = values.length > 1 ? values.join('\n') : only
    const known = this.all.get(key)
    if (known !== undefined) return known
    const labels = Object.fromEntries(this.labelNames.map((name, index) => [name, values[index] ?? '']))
    const fresh = { ...this.make(), labels }
    this.all.set(key, fresh)
    return fresh
  }

  each() {
    return [...this.all.values()]
  }
}

export class Counter<const Names extends readonly string[]> {
  private readonly series: Series<{ value: number }>

  constructor(registry: Registry, described: Described<Names>) {
    this.series = new Series(described.labelNames, () => ({ value: 0 }))
    register(registry, described, 'counter', () =>
      this.series.each().map(({ value, labels }) => ({ value, labels })),
    )
  }

  inc(values: Values<Names>, by = 1): void {
    this.series.at(values).value += by
  }
}

export class Histogram<const Names extends readonly string[]> {
  private readonly series: Series<{ sum: number; readonly counts: Float64Array }>
  private readonly buckets: readonly number[]

  constructor(registry: Registry, described: Described<Names>, buckets: readonly number[]) {
    this.buckets = buckets
    this.series = new Series(described.labelNames, () => ({
      sum: 0,
      counts: new Float64Array(buckets.length + 1),
    }))
    register(registry, described, 'histogram', () => this.exported(described.name))
  }

  observe(values: Values<Names>, value: number): void {
    const one = this.series.at(values)
    let at = 0
    while (at < this.buckets.length && value > (this.buckets[at] as number)) at++
    one.counts[at] = (one.counts[at] as number) + 1
    one.sum += value
  }

  /** Each bucket holds those below it too. */
  private exported(name: string): Exported[] {
    return this.series.each().flatMap(({ sum, counts, labels }) => {
      let count = 0
      const upTo = Array.from(counts, (more, at): Exported => {
        count += more
        const le = this.buckets[at] ?? '+Inf'
        return { metricName: `${name}_bucket`, value: count, labels: { le, ...labels } }
      })
      return [
        ...upTo,
        { metricName: `${name}_sum`, value: sum, labels },
        { metricName: `${name}_count`, value: count, labels },
      ]
    })
  }
}

const register = (
  registry: Registry,
  { name, help, labelNames }: Described<readonly string[]>,
  type: 'counter' | 'histogram',
  values: () => Exported[],
) => {
  const about = { name, help, type, aggregator: 'sum' }
  const metric = { ...about, labelNames, get: async () => ({ ...about, values: values() }) }
  // A registry asks for no more of a metric than this, whatever its types say.
  registry.registerMetric(metric as unknown as Metric)
}
