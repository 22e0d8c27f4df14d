import { AggregatorRegistry, Counter, collectDefaultMetrics, Registry } from 'prom-client'
import { restarts } from './instruments.ts'
import type { MetricValues } from './metrics.ts'

/** What a process that answers nobody has to say of itself, and of those it starts. */
export const createPrimaryMetrics = () => {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const counter = new Counter({ ...restarts, registers: [registry] })
  return {
    restarted: () => counter.inc(),
    values: (): Promise<MetricValues[]> => registry.getMetricsAsJSON(),
  }
}

/** Several processes' metrics as one text: sums, or what each metric says of itself. */
export const together = (all: readonly MetricValues[][]): Promise<string> =>
  AggregatorRegistry.aggregate([...all]).metrics()
