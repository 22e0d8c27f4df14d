import { execFileSync } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { startCollector } from '../support/collector.ts'
import { diesAfter, fails, says, startExpert } from '../support/expert-server.ts'
import { ask, mapOf, remote, root, startGateway, userFolder } from '../support/gateway.ts'
import { leavingClient } from '../support/leaving-client.ts'

const TRACE = '0af7651916cd43dd8448eb211c80319c'
const ABOVE = 'b7ad6b7169203331'

const KIND = { internal: 1, server: 2, client: 3 }

const traced = (url: string, more: Record<string, string> = {}) => ({
  OTEL_EXPORTER_OTLP_ENDPOINT: url,
  ...more,
})

test('a request is one trace: below its caller, the decision with its steps, and every expert that was tried', async () => {
  await using collector = await startCollector()
  await using broken = await startExpert(fails(503))
  await using good = await startExpert(says('fine'))
  const gateway = await startGateway(
    mapOf({ a: remote(broken.url), b: remote(good.url) }),
    traced(collector.url, {
      OTEL_EXPORTER_OTLP_HEADERS: 'x-tenant=ops%20team',
      OTEL_SERVICE_NAME: 'router',
      OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=staging',
    }),
  )
  {
    await using _ = gateway
    const response = await gateway.post('/v1/chat/completions', ask('planted-question: disk is full'), {
      headers: {
        'content-type': 'application/json',
        traceparent: `00-${TRACE}-${ABOVE}-01`,
        tracestate: 'vendor=1',
        authorization: 'Bearer planted-key',
      },
    })
    expect(response.status).toBe(200)
    await response.text()
  }
  const named = (name: string) => collector.spans.filter(span => span.name === name)
  const [server] = named('POST /v1/chat/completions')
  const [decide] = named('decide')
  const [retrieval] = named('retrieval')
  const [first, second] = named('chat fake')
  expect(collector.spans).toHaveLength(5)
  expect(new Set(collector.spans.map(span => span.traceId))).toEqual(new Set([TRACE]))
  expect(server).toMatchObject({ parentSpanId: ABOVE, kind: KIND.server, failed: false })
  expect(server?.attributes).toMatchObject({
    'http.request.method': 'POST',
    'http.route': '/v1/chat/completions',
    'http.response.status_code': 200,
    'coe.task': 'operate',
    'coe.expert': 'b',
    'coe.tried': ['a', 'b'],
  })
  expect(server?.resource).toMatchObject({
    'service.name': 'router',
    'deployment.environment.name': 'staging',
  })
  expect(decide).toMatchObject({ parentSpanId: server?.spanId, kind: KIND.internal })
  expect(decide?.attributes).toMatchObject({ 'coe.task': 'operate', 'coe.remembered': false })
  expect(retrieval?.parentSpanId).toBe(decide?.spanId)
  for (const tried of [first, second]) {
    expect(tried).toMatchObject({ parentSpanId: server?.spanId, kind: KIND.client })
    expect(tried?.attributes).toMatchObject({
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'openai',
      'gen_ai.request.model': 'fake',
      'server.address': '127.0.0.1',
    })
  }
  expect(first).toMatchObject({ failed: true, attributes: { 'error.type': 'expert_unavailable' } })
  expect(first?.attributes['server.port']).toBe(Number(new URL(broken.url).port))
  expect(second).toMatchObject({ failed: false, attributes: { 'coe.expert': 'b' } })
  expect(second?.attributes).toMatchObject({
    'gen_ai.usage.input_tokens': 1,
    'gen_ai.usage.output_tokens': 1,
  })
  // Whatever the experts trace hangs below the call that reached them.
  for (const { headers } of broken.received) {
    expect(headers.traceparent).toBe(`00-${TRACE}-${first?.spanId}-01`)
  }
  expect(good.received[0]?.headers).toMatchObject({
    traceparent: `00-${TRACE}-${second?.spanId}-01`,
    tracestate: 'vendor=1',
  })
  expect(collector.headers[0]?.['x-tenant']).toBe('ops team')
  expect(collector.text()).not.toMatch(/planted-(question|key)/)
  const line = gateway.logged.map(text => JSON.parse(text)).find(({ msg }) => msg === 'answered')
  expect(line.traceId).toBe(TRACE)
})

test('a stream is traced to its last byte, with its tokens, and says when it broke or was left', async () => {
  await using collector = await startCollector()
  await using expert = await startExpert()
  {
    await using gateway = await startGateway(mapOf({ a: remote(expert.url) }), traced(collector.url))
    expert.behave((_received, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write('data: {"choices":[{"delta":{"content":"one"}}]}\n\n')
      setTimeout(() => {
        const usage = '{"prompt_tokens":11,"completion_tokens":7,"total_tokens":18}'
        response.end(`data: {"choices":[],"usage":${usage}}\n\ndata: [DONE]\n\n`)
      }, 60)
    })
    await (await gateway.post('/v1/chat/completions', ask('disk is full', { stream: true }))).text()
    expert.behave(diesAfter('broken'))
    await (await gateway.post('/v1/chat/completions', ask('disk is full', { stream: true }))).text()
    expert.behave((_received, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write('data: {"choices":[{"delta":{"content":"one"}}]}\n\n')
    })
    const client = leavingClient(gateway, ask('disk is full', { stream: true }))
    const { left } = await expert.next()
    await client.firstBytes
    client.leave()
    await left
  }
  const [whole, broken, abandoned] = collector.spans.filter(span => span.name === 'chat fake')
  expect(whole?.ms).toBeGreaterThan(55)
  expect(whole?.attributes).toMatchObject({
    'gen_ai.request.stream': true,
    'gen_ai.usage.input_tokens': 11,
    'gen_ai.usage.output_tokens': 7,
  })
  expect(whole?.attributes['gen_ai.response.time_to_first_chunk']).toBeLessThan(0.055)
  expect(broken).toMatchObject({ failed: true, attributes: { 'error.type': 'expert_truncated' } })
  expect(abandoned?.failed).toBe(false)
  const outcomes = collector.spans.map(span => span.attributes['coe.stream.outcome']).filter(Boolean)
  expect(outcomes).toEqual(['complete', 'truncated', 'left'])
})

test('a sampler that keeps nothing sends nothing, and an expert still learns whose trace it is', async () => {
  await using collector = await startCollector()
  await using expert = await startExpert()
  {
    await using gateway = await startGateway(
      mapOf({ a: remote(expert.url) }),
      traced(collector.url, { OTEL_TRACES_SAMPLER: 'parentbased_always_off' }),
    )
    await (await gateway.post('/v1/chat/completions', ask('disk is full'))).text()
    expect(expert.received[0]?.headers.traceparent).toMatch(/^00-[\da-f]{32}-[\da-f]{16}-00$/)
    const headers = { 'content-type': 'application/json', traceparent: `00-${TRACE}-${ABOVE}-01` }
    await (await gateway.post('/v1/chat/completions', ask('disk is full'), { headers })).text()
    expect(expert.received[1]?.headers.traceparent).toMatch(new RegExp(`^00-${TRACE}-[\\da-f]{16}-01$`))
  }
  expect(new Set(collector.spans.map(span => span.traceId))).toEqual(new Set([TRACE]))
})

test('the text of a question is traced only where questions may be logged', async () => {
  await using collector = await startCollector()
  await using expert = await startExpert()
  {
    await using gateway = await startGateway(
      mapOf({ a: remote(expert.url) }),
      traced(collector.url, { LOG_QUESTIONS: 'true' }),
    )
    await (await gateway.post('/v1/chat/completions', ask('planted-question'))).text()
  }
  expect(collector.text()).toContain('planted-question')
})

test('a dead collector harms no request, is said once, and holds up no shutdown for long', async () => {
  const collector = await startCollector()
  await collector.close()
  await using expert = await startExpert()
  const gateway = await startGateway(
    mapOf({ a: remote(expert.url) }),
    traced(collector.url, { OTEL_EXPORTER_OTLP_TIMEOUT: '500' }),
  )
  const began = performance.now()
  {
    await using _ = gateway
    // More than the queue holds: what is beyond is dropped, and the batches that are sent fail one after the other.
    for (let round = 0; round < 60; round++) {
      const answers = Array.from({ length: 10 }, () =>
        gateway.post('/v1/chat/completions', ask('disk is full')),
      )
      for (const response of await Promise.all(answers)) expect(response.status).toBe(200)
    }
  }
  expect(performance.now() - began).toBeLessThan(60_000)
  const said = gateway.logged.filter(line => line.includes('traces cannot be delivered'))
  expect(said).toHaveLength(1)
  expect(said[0]).toContain('ECONNREFUSED')
})

test("without a collector nothing of OpenTelemetry's SDK is loaded", async () => {
  const { mapPath, folder } = await userFolder(mapOf({ runbook: { builtin: 'runbook' } }))
  const script = join(folder, 'start.mjs')
  await writeFile(
    script,
    `import { createRequire } from 'node:module'
     const { loadConfig } = await import('${root}dist/config.js')
     const { createLog } = await import('${root}dist/observe/log.js')
     const { wire } = await import('${root}dist/wire.js')
     const gateway = await wire(loadConfig(process.env), createLog('silent'))
     await gateway.close()
     console.log(Object.keys(createRequire(import.meta.url).cache).some(file => /@opentelemetry.(sdk|exporter|otlp)/.test(file)))`,
  )
  const loaded = (environment: Record<string, string>) =>
    execFileSync(process.execPath, [script], {
      encoding: 'utf8',
      env: { COE_MAP: mapPath, COE_ENCODER: 'lexical', COE_DATA: join(folder, 'data'), ...environment },
    }).trim()
  // The little that prom-client itself asks for is OpenTelemetry's API, which does nothing by itself.
  expect(loaded({})).toBe('false')
  expect(loaded({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9', OTEL_SDK_DISABLED: 'true' })).toBe(
    'false',
  )
  expect(loaded({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' })).toBe('true')
})

test('variables of OpenTelemetry that cannot be used are named, without what they hold', async () => {
  const started = startGateway(mapOf({ runbook: { builtin: 'runbook' } }), {
    OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4318',
    OTEL_EXPORTER_OTLP_HEADERS: 'planted-secret',
    OTEL_TRACES_SAMPLER: 'sometimes',
  })
  const message = await started.then(
    () => 'started',
    (error: Error) => error.message,
  )
  for (const name of ['ENDPOINT', 'HEADERS', 'SAMPLER'])
    expect(message).toMatch(new RegExp(`OTEL_\\w*${name}`))
  expect(message).not.toContain('planted-secret')
})
