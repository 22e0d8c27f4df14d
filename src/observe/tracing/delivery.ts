import type { SpanExporter } from '@opentelemetry/sdk-trace-base'
import type { Logger } from 'pino'
import { describe } from '../../errors.ts'

/** The SDK's own code for what went well; its enumeration lies in a package that is not ours to import. */
const SUCCESS = 0

/** Says once that the collector takes nothing, and once that it does again; without it the SDK drops in silence. */
export const announced = (exporter: SpanExporter, to: string, log: Logger): SpanExporter => {
  let lost = 0
  const said = (count: number, error: Error | undefined) => {
    const began = lost === 0
    lost += count
    if (began) {
      log.warn(
        { collector: to, problem: describe(error ?? 'no reason given') },
        'traces cannot be delivered and are lost; requests are not affected',
      )
    }
  }
  return {
    export(spans, done) {
      exporter.export(spans, result => {
        if (result.code !== SUCCESS) said(spans.length, result.error)
        else if (lost > 0) {
          log.info({ collector: to, lost }, 'traces are delivered again')
          lost = 0
        }
        done(result)
      })
    },
    forceFlush: async () => await exporter.forceFlush?.(),
    shutdown: () => exporter.shutdown(),
  }
}
