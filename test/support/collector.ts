import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'

export type CollectedSpan = {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId: string | undefined
  readonly name: string
  readonly kind: number
  readonly ms: number
  readonly attributes: Readonly<Record<string, unknown>>
  readonly resource: Readonly<Record<string, unknown>>
  readonly failed: boolean
}

export type Collector = {
  readonly url: string
  readonly spans: CollectedSpan[]
  readonly headers: IncomingHttpHeaders[]
  /** Everything that was received, as text. */
  text(): string
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/** What OpenTelemetry sends to, over a real socket. */
export const startCollector = async (status = 200): Promise<Collector> => {
  const spans: CollectedSpan[] = []
  const headers: IncomingHttpHeaders[] = []
  const texts: string[] = []
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    headers.push(request.headers)
    texts.push(Buffer.concat(chunks).toString())
    if (request.url === '/v1/traces') spans.push(...decoded(JSON.parse(texts.at(-1) ?? '')))
    response.writeHead(status, { 'content-type': 'application/json' }).end('{}')
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const close = () =>
    new Promise<void>(resolve => {
      server.closeAllConnections()
      server.close(() => resolve())
    })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return { url, spans, headers, text: () => texts.join('\n'), close, [Symbol.asyncDispose]: close }
}

type Value = Record<string, unknown> & { arrayValue?: { values: Value[] } }
type Attribute = { key: string; value: Value }
type Span = {
  traceId: string
  spanId: string
  parentSpanId?: string
  name: string
  kind: number
  startTimeUnixNano: string
  endTimeUnixNano: string
  attributes: Attribute[]
  status: { code?: number }
}
type Payload = {
  resourceSpans: { resource: { attributes: Attribute[] }; scopeSpans: { spans: Span[] }[] }[]
}

const plain = (value: Value): unknown => value.arrayValue?.values.map(plain) ?? Object.values(value)[0]

const record = (attributes: Attribute[]) =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, plain(value)]))

const decoded = ({ resourceSpans }: Payload): CollectedSpan[] =>
  resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap(scope =>
      scope.spans.map(span => ({
        traceId: span.traceId,
        spanId: span.spanId,
        parentSpanId: span.parentSpanId,
        name: span.name,
        kind: span.kind,
        ms: Number(BigInt(span.endTimeUnixNano) - BigInt(span.startTimeUnixNano)) / 1e6,
        attributes: record(span.attributes),
        resource: record(resource.attributes),
        failed: span.status.code === 2,
      })),
    ),
  )
