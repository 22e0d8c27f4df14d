import { expect, test } from 'vitest'
import { diesAfter, fails, hangs, startExpert } from '../support/expert-server.ts'
import { ask, json, mapOf, remote, startGateway } from '../support/gateway.ts'

const runbook = mapOf({ runbook: { builtin: 'runbook' } })

test('what a client does wrong is answered in the envelope of OpenAI, with the field at fault', async () => {
  await using gateway = await startGateway(runbook, { COE_BODY_LIMIT_MB: '1' })
  const cases: [string, unknown, number, string, string | null][] = [
    ['bad JSON', '{"messages": [', 400, 'invalid_request', null],
    ['no body', '', 400, 'invalid_request', null],
    ['an array', '[]', 400, 'invalid_request', null],
    ['no messages', { model: 'auto' }, 400, 'invalid_request', 'messages'],
    ['empty messages', { messages: [] }, 400, 'invalid_request', 'messages'],
    ['wrong model', { model: 5, messages: [] }, 400, 'invalid_request', 'model'],
    ['wrong role', { messages: [{ role: 1, content: 'x' }] }, 400, 'invalid_request', 'messages[0].role'],
    [
      'wrong content',
      { messages: [{ role: 'user', content: 7 }] },
      400,
      'invalid_request',
      'messages[0].content',
    ],
    ['wrong stream', { messages: [{ role: 'user' }], stream: 'yes' }, 400, 'invalid_request', 'stream'],
    [
      'poison',
      '{"messages":[{"role":"user","content":"x"}],"__proto__":{"a":1}}',
      400,
      'invalid_request',
      null,
    ],
    ['unknown model', ask('x', { model: 'gpt-9' }), 404, 'model_not_found', 'model'],
    ['unknown task', ask('x', { model: 'task/cook' }), 404, 'model_not_found', 'model'],
    ['too large', ask('x'.repeat(1_100_000)), 413, 'body_too_large', null],
  ]
  for (const [what, body, status, code, param] of cases) {
    const response = await gateway.post('/v1/chat/completions', body)
    const { error } = await json(response)
    expect([what, response.status, error.code, error.param]).toEqual([what, status, code, param])
    expect(error.message.length, what).toBeGreaterThan(10)
    expect(response.headers.get('x-request-id')).toBeTruthy()
  }
  const form = await gateway.post('/v1/chat/completions', 'a=b', {
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  })
  expect([form.status, (await json(form)).error.message]).toEqual([
    415,
    expect.stringContaining('application/json'),
  ])
  const nowhere = await fetch(`${gateway.url}/v2/chat`)
  expect([nowhere.status, (await json(nowhere)).error.code]).toEqual([404, 'not_found'])
})

test('an unknown model is told which ones there are', async () => {
  await using gateway = await startGateway(runbook)
  const { error } = await json(gateway.post('/v1/chat/completions', ask('x', { model: 'gpt-9' })))
  for (const name of ['gpt-9', 'auto', 'task/build', 'expert/runbook']) expect(error.message).toContain(name)
})

test('when every expert fails, each cause is listed and the status says what kind of failure it was', async () => {
  await using a = await startExpert(fails(500))
  await using b = await startExpert(hangs())
  await using gateway = await startGateway(mapOf({ a: remote(a.url), b: remote(b.url, { timeout: '50ms' }) }))
  const response = await gateway.post('/v1/chat/completions', ask('disk is full'))
  const { error } = await json(response)
  expect([response.status, error.code, response.headers.get('x-coe-tried')]).toEqual([
    502,
    'experts_failed',
    'a,b',
  ])
  expect(error.causes.map((cause: { expert: string; code: string }) => [cause.expert, cause.code])).toEqual([
    ['a', 'expert_unavailable'],
    ['b', 'expert_timeout'],
  ])
  a.behave(hangs())
  await gateway.writeMap(mapOf({ b: remote(b.url, { timeout: '50ms' }) }))
  await gateway.reload()
  expect((await gateway.post('/v1/chat/completions', ask('disk is full'))).status).toBe(504)
})

test('a client is told which expert failed and how, never where it is; the log says where, and for which request', async () => {
  const gone = await startExpert()
  const address = new URL(gone.url).host
  await gone.close()
  await using cuts = await startExpert((_received, response) => void response.socket?.destroy())
  await using gateway = await startGateway(mapOf({ gone: remote(gone.url), cuts: remote(cuts.url) }))
  for (const model of ['auto', 'expert/gone', 'expert/cuts']) {
    for (const stream of [false, true]) {
      const response = await gateway.post('/v1/chat/completions', ask('disk is full', { model, stream }))
      const said = `${JSON.stringify([...response.headers])} ${await response.text()}`
      expect(response.status).toBe(502)
      expect(said).not.toMatch(/127\.0\.0\.1|ECONN|UND_ERR/)
      expect(said).not.toContain(`:${new URL(cuts.url).port}`)
      if (model !== 'expert/cuts') expect(said).toContain('cannot be reached: it refuses the connection.')
      if (model !== 'expert/gone') expect(said).toContain('cannot be reached: the connection was lost.')
      const lines = gateway.logged.map(line => JSON.parse(line))
      const requestId = response.headers.get('x-request-id')
      const failures = lines.filter(
        line => line.requestId === requestId && line.code === 'expert_unavailable',
      )
      expect(failures.map(({ expert }) => expert)).toEqual(
        model === 'auto' ? ['gone', 'cuts'] : [model.slice('expert/'.length)],
      )
      if (model !== 'expert/cuts') expect(failures[0].msg).toContain(`ECONNREFUSED ${address}`)
    }
  }
})

test("a request that the expert refuses is the client's own: the error is passed on and nobody else is asked", async () => {
  const refusal = {
    error: {
      message: 'context too long',
      type: 'invalid_request_error',
      param: 'messages',
      code: 'context_length_exceeded',
    },
  }
  await using a = await startExpert(fails(400, {}, refusal))
  await using b = await startExpert()
  await using gateway = await startGateway(mapOf({ a: remote(a.url), b: remote(b.url) }))
  const response = await gateway.post('/v1/chat/completions', ask('disk is full'))
  expect([response.status, await json(response)]).toEqual([400, refusal])
  expect(b.received).toHaveLength(0)
})

test("who pins an expert gets that expert's own status, but never what it says about the gateway's key", async () => {
  await using a = await startExpert(
    fails(401, {}, { error: { message: 'Incorrect API key provided: planted-key' } }),
  )
  await using gateway = await startGateway(mapOf({ a: remote(a.url, { key: 'planted-key' }) }))
  const refused = await gateway.post('/v1/chat/completions', ask('x', { model: 'expert/a' }))
  expect(refused.status).toBe(502)
  expect(await refused.text()).not.toContain('planted-key')
  a.behave(fails(429, { 'retry-after': '7' }))
  const limited = await gateway.post('/v1/chat/completions', ask('x', { model: 'expert/a' }))
  expect([limited.status, limited.headers.get('retry-after')]).toEqual([429, '7'])
  expect(gateway.logged.join('')).not.toContain('planted-key')
})

test('an expert that dies in the middle ends the stream with an error event and no [DONE]', async () => {
  await using expert = await startExpert(diesAfter('one ', 'two '))
  await using gateway = await startGateway(mapOf({ a: remote(expert.url) }))
  const response = await gateway.post('/v1/chat/completions', ask('disk is full', { stream: true }))
  const text = await response.text()
  expect(text).toContain('two ')
  expect(text).toContain('"code":"expert_truncated"')
  expect(text).not.toContain('[DONE]')
  await expect
    .poll(async () => (await fetch(`${gateway.url}/metrics`)).text())
    .toContain('coe_streams_total{expert="a",outcome="truncated"} 1')
  const stream = await gateway.client.chat.completions.create({
    ...ask('disk is full'),
    stream: true,
  } as never)
  await expect(
    (async () => {
      for await (const _ of stream as unknown as AsyncIterable<unknown>);
    })(),
  ).rejects.toThrow(/broke off/)
})

test('with keys set, only who has one is let in, and the probes stay open', async () => {
  await using gateway = await startGateway(runbook, { COE_API_KEYS: 'bot:secret-1,other:secret-2' })
  const status = async (authorization?: string) =>
    (await fetch(`${gateway.url}/v1/models`, { headers: authorization ? { authorization } : {} })).status
  expect(
    await Promise.all(['Bearer secret-1', 'Bearer secret-2', 'Bearer nope', undefined].map(status)),
  ).toEqual([200, 200, 401, 401])
  expect((await fetch(`${gateway.url}/healthz`)).status).toBe(200)
})

test('a circle of gateways is broken', async () => {
  await using gateway = await startGateway(runbook)
  const response = await gateway.post('/v1/chat/completions', ask('x'), {
    headers: { 'content-type': 'application/json', 'x-coe-hop': '5' },
  })
  expect([response.status, (await json(response)).error.code]).toEqual([508, 'loop_detected'])
})
