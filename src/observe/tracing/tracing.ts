import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { defaultResource, resourceFromAttributes } from '@opentelemetry/resources'
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BasicTracerProvider,
  BatchSpanProcessor,
  ParentBasedSampler,
  type Sampler,
  TraceIdRatioBasedSampler,
} from '@opentelemetry/sdk-trace-base'
import type { Tracing, TracingDeps, TracingWanted } from '../trace.ts'
import { announced } from './delivery.ts'
import { traceRequest } from './request.ts'

/** Spans wait here, at most as many as the SDK's queue holds (OTEL_BSP_MAX_QUEUE_SIZE); more are dropped. */
export const createTracing = (wanted: TracingWanted, { log, ...deps }: TracingDeps): Tracing => {
  const { url, headers, timeoutMs } = wanted
  for (const remark of wanted.remarks) log.warn({ remark }, 'traces are sent otherwise than asked for')
  const exporter = new OTLPTraceExporter({ url, headers: { ...headers }, timeoutMillis: timeoutMs })
  const provider = new BasicTracerProvider({
    resource: defaultResource().merge(
      resourceFromAttributes({
        ...wanted.resource,
        'service.name': wanted.serviceName,
        'process.pid': process.pid,
      }),
    ),
    sampler: samplerOf(wanted),
    spanProcessors: [new BatchSpanProcessor(announced(exporter, new URL(url).origin, log))],
  })
  const tracer = provider.getTracer('coe-ops')
  log.info({ collector: new URL(url).origin, sampler: wanted.sampler }, 'traces are sent')

  return {
    begin(arrival) {
      const begun = harmless(() => traceRequest({ tracer, ...deps }, arrival))
      return begun && { ...begun, over: account => harmless(() => begun.over(account)) }
    },
    async close() {
      // The last answer's account is told in the next turn of the loop.
      await new Promise(resolve => setImmediate(resolve))
      await Promise.race([provider.shutdown().catch(() => undefined), after(timeoutMs)])
    },
  }
}

/** Outside of a listener, what is thrown here would be the request's failure, or the process's. */
const harmless = <T>(work: () => T): T | undefined => {
  try {
    return work()
  } catch {
    return undefined
  }
}

const after = (ms: number) =>
  new Promise<void>(resolve => {
    setTimeout(resolve, ms).unref()
  })

/** By name and share, as OTEL_TRACES_SAMPLER and its argument say. */
const samplerOf = ({ sampler, ratio }: TracingWanted): Sampler => {
  const root = sampler.endsWith('always_on')
    ? new AlwaysOnSampler()
    : sampler.endsWith('always_off')
      ? new AlwaysOffSampler()
      : new TraceIdRatioBasedSampler(ratio)
  return sampler.startsWith('parentbased_') ? new ParentBasedSampler({ root }) : root
}
