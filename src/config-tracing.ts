import { z } from 'zod'

/** Where spans go and which of them; undefined where nobody wants any. */
export type TracingConfig = Readonly<{
  url: string
  headers: Readonly<Record<string, string>>
  serviceName: string
  resource: Readonly<Record<string, string>>
  sampler: (typeof samplers)[number]
  /** Share of traces that are kept, for the samplers that ask for one. */
  ratio: number
  timeoutMs: number
  /** Things that were asked for and are done otherwise. */
  remarks: readonly string[]
}>

const samplers = [
  'always_on',
  'always_off',
  'traceidratio',
  'parentbased_always_on',
  'parentbased_always_off',
  'parentbased_traceidratio',
] as const

const blankIsUnset = <T extends z.ZodType>(schema: T) => z.preprocess(v => (v === '' ? undefined : v), schema)

const url = blankIsUnset(z.url({ protocol: /^https?$/, error: 'must be an http or https URL' }).optional())

/** `name=value,name=value`, percent-encoded, as the OpenTelemetry specification writes lists in variables. */
const pairs = blankIsUnset(
  z
    .string()
    .default('')
    .transform((text, context) => {
      const entries = text
        .split(',')
        .map(part => part.trim())
        .filter(part => part !== '')
        .map(pairOf)
      if (!entries.includes(undefined))
        return Object.fromEntries(entries.flatMap(pair => (pair ? [pair] : [])))
      // Not the text itself: it may hold a key.
      context.addIssue({ code: 'custom', message: 'write name=value,name=value, values percent-encoded' })
      return z.NEVER
    }),
)

const pairOf = (part: string): [string, string] | undefined => {
  const equals = part.indexOf('=')
  if (equals < 1) return undefined
  try {
    return [part.slice(0, equals).trim(), decodeURIComponent(part.slice(equals + 1).trim())]
  } catch {
    return undefined
  }
}

/** The standard variables of OpenTelemetry that are ours to read; the SDK itself reads its limits and queue sizes. */
export const tracingVariables = {
  OTEL_SDK_DISABLED: z.string().optional(),
  OTEL_TRACES_EXPORTER: blankIsUnset(z.string().optional()),
  OTEL_EXPORTER_OTLP_ENDPOINT: url,
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: url,
  OTEL_EXPORTER_OTLP_HEADERS: pairs,
  OTEL_EXPORTER_OTLP_TRACES_HEADERS: pairs,
  OTEL_EXPORTER_OTLP_PROTOCOL: blankIsUnset(z.string().optional()),
  OTEL_EXPORTER_OTLP_TIMEOUT: blankIsUnset(z.coerce.number().int().min(1).max(60_000).default(5_000)),
  OTEL_SERVICE_NAME: blankIsUnset(z.string().optional()),
  OTEL_RESOURCE_ATTRIBUTES: pairs,
  OTEL_TRACES_SAMPLER: blankIsUnset(z.enum(samplers).default('parentbased_always_on')),
  OTEL_TRACES_SAMPLER_ARG: blankIsUnset(z.coerce.number().min(0).max(1).default(1)),
}

const variables = z.object(tracingVariables)

export const tracingOf = (value: z.output<typeof variables>): TracingConfig | undefined => {
  const base = value.OTEL_EXPORTER_OTLP_ENDPOINT
  const target = value.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT ?? (base && `${base.replace(/\/+$/, '')}/v1/traces`)
  const unwanted = value.OTEL_SDK_DISABLED?.toLowerCase() === 'true' || value.OTEL_TRACES_EXPORTER === 'none'
  if (target === undefined || unwanted) return undefined
  const resource = value.OTEL_RESOURCE_ATTRIBUTES
  const protocol = value.OTEL_EXPORTER_OTLP_PROTOCOL ?? 'http/json'
  return {
    url: target,
    headers: { ...value.OTEL_EXPORTER_OTLP_HEADERS, ...value.OTEL_EXPORTER_OTLP_TRACES_HEADERS },
    serviceName: value.OTEL_SERVICE_NAME ?? resource['service.name'] ?? 'coe-ops',
    resource,
    sampler: value.OTEL_TRACES_SAMPLER,
    ratio: value.OTEL_TRACES_SAMPLER_ARG,
    timeoutMs: value.OTEL_EXPORTER_OTLP_TIMEOUT,
    remarks:
      protocol === 'grpc'
        ? ['OTEL_EXPORTER_OTLP_PROTOCOL asks for grpc; spans are sent as http/json, mostly to port 4318']
        : [],
  }
}
