import { expect, test } from 'vitest'
import { createAttempts } from '../../src/http/admin/attempts.ts'
import { createAdminDoor } from '../../src/http/admin/key.ts'
import { hangs, says, stallsAfter, startExpert } from '../support/expert-server.ts'
import { ask, json, mapOf, type RunningGateway, remote, startGateway } from '../support/gateway.ts'
import { leavingClient } from '../support/leaving-client.ts'

const key = { COE_ADMIN_KEY: 'planted-admin-key', COE_API_KEYS: 'chatbot:client-key' }

/** What an operator asks, as an operator would. */
const admin = (
  gateway: RunningGateway,
  method: string,
  path: string,
  body?: string,
  given = 'planted-admin-key',
) =>
  fetch(`${gateway.url}/admin${path}`, {
    method,
    headers: { authorization: `Bearer ${given}` },
    ...(body === undefined ? {} : { body }),
  })

const runbook = mapOf({ runbook: { builtin: 'runbook' } })

test('without COE_ADMIN_KEY everything under /admin is closed, and says what opens it', async () => {
  for (const environment of [{}, { COE_ADMIN_KEY: '' }]) {
    await using gateway = await startGateway(runbook, environment)
    for (const path of ['/experts', '/experts/runbook/drain', '/nothing', '', '/']) {
      for (const method of ['GET', 'POST']) {
        const response = await admin(gateway, method, path, undefined, 'undefined')
        expect([path, response.status, (await json(response)).error]).toEqual([
          path,
          403,
          { code: 'admin_closed', message: expect.stringContaining('set COE_ADMIN_KEY') },
        ])
      }
    }
  }
})

test('only the admin key opens it, not the key of a client, and the admin key is no key of a client', async () => {
  await using gateway = await startGateway(runbook, key)
  for (const given of ['client-key', 'planted-admin-key2', '']) {
    for (const path of ['/experts', '/nothing']) {
      const response = await admin(gateway, 'GET', path, undefined, given)
      expect(response.status).toBe(401)
      expect(response.headers.get('www-authenticate')).toBe('Bearer')
      expect((await json(response)).error.code).toBe('invalid_api_key')
    }
  }
  expect((await admin(gateway, 'GET', '/experts')).status).toBe(200)
  const chat = await gateway.post('/v1/chat/completions', ask('x'), {
    headers: { 'content-type': 'application/json', authorization: 'Bearer planted-admin-key' },
  })
  expect(chat.status).toBe(401)
  expect(gateway.logged.join('')).not.toContain('planted-admin-key')
})

test('who guesses is shut out for the rest of a minute, alone, and in bounded memory', () => {
  let time = 0
  const attempts = createAttempts({ max: 3, windowMs: 60_000, addresses: 2, now: () => time })
  const door = createAdminDoor('right', attempts)
  const enter = (given: string | undefined, ip = '10.0.0.1') => {
    try {
      door({ headers: given === undefined ? {} : { authorization: `Bearer ${given}` }, ip })
      return 'in'
    } catch (error) {
      return (error as { code: string }).code
    }
  }
  for (let i = 0; i < 50; i++) expect(enter(undefined)).toBe('invalid_api_key')
  expect([enter('a'), enter('b'), enter('right'), enter('c')]).toEqual([
    'invalid_api_key',
    'invalid_api_key',
    'in',
    'invalid_api_key',
  ])
  expect([enter('d'), enter('right'), enter('right', '10.0.0.2')]).toEqual([
    'too_many_attempts',
    'too_many_attempts',
    'in',
  ])
  expect(attempts.waitMs('10.0.0.1')).toBe(60_000)
  time = 60_000
  expect(enter('right')).toBe('in')
  for (const ip of ['a', 'b', 'c']) for (let i = 0; i < 3; i++) enter('x', ip)
  expect(['a', 'b', 'c'].map(ip => attempts.waitMs(ip) > 0)).toEqual([false, true, true])
})

test('a path, a body and an expert that are not there are each told what there is', async () => {
  await using gateway = await startGateway(runbook, key)
  const errorOf = async (method: string, path: string, body?: string) => {
    const response = await admin(gateway, method, path, body)
    const { error } = await json(response)
    return [response.status, error.code, error.message]
  }
  expect(await errorOf('GET', '/nothing?x=1')).toEqual([
    404,
    'not_found',
    expect.stringMatching(/no GET \/admin\/nothing.*POST \/admin\/experts\/:id\/drain/),
  ])
  expect(await errorOf('POST', '/experts/nobody/drain')).toEqual([
    404,
    'not_found',
    'There is no expert "nobody". There is: runbook.',
  ])
  for (const body of ['{"draining":"yes"}', '{"drained":true}', '[]', '{', '{"__proto__":{}}']) {
    expect((await errorOf('POST', '/experts/runbook/drain', body)).slice(0, 2), body).toEqual([
      400,
      'invalid_request',
    ])
  }
  expect((await json(admin(gateway, 'GET', '/experts/runbook'))).draining).toBe(false)
})

test('the experts are shown with what they are and how they fare, and no secret', async () => {
  await using expert = await startExpert(stallsAfter('one '))
  await using gateway = await startGateway(
    mapOf({ a: remote(expert.url, { key: 'planted-expert-key' }), runbook: { builtin: 'runbook' } }),
    { COE_ADMIN_KEY: key.COE_ADMIN_KEY },
  )
  const client = leavingClient(gateway, ask('disk is full', { stream: true }))
  await client.firstBytes
  const text = await (await admin(gateway, 'GET', '/experts')).text()
  expect(JSON.parse(text)).toEqual({
    experts: [
      {
        id: 'a',
        kind: 'openai',
        origin: new URL(expert.url).origin,
        model: 'fake',
        breaker: 'closed',
        inFlight: 1,
        queued: 0,
        draining: false,
        answered: 1,
        failed: 0,
        tokens: 0,
        p50Ms: expect.any(Number),
        p95Ms: expect.any(Number),
        history: [{ at: expect.any(String), answered: 1, failed: 0, p50Ms: expect.any(Number) }],
      },
      {
        id: 'runbook',
        kind: 'runbook',
        breaker: 'closed',
        inFlight: 0,
        queued: 0,
        draining: false,
        answered: 0,
        failed: 0,
        tokens: 0,
        p50Ms: null,
        p95Ms: null,
        history: [],
      },
    ],
  })
  expect(text).not.toContain('planted')
  client.leave()
})

test('a drained expert finishes what runs, takes nothing new over swaps, and works again when told', async () => {
  await using a = await startExpert(hangs())
  await using b = await startExpert(says('from b'))
  const map = mapOf({ a: remote(a.url, { concurrency: 1 }), b: remote(b.url) })
  await using gateway = await startGateway(map, { COE_ADMIN_KEY: key.COE_ADMIN_KEY })
  const shown = () => json(admin(gateway, 'GET', '/experts/a'))
  let finish = () => undefined as unknown
  a.behave((received, response) => {
    finish = () => says('from a')(received, response)
  })
  const arriving = a.next()
  const running = gateway.post('/v1/chat/completions', ask('disk is full'))
  await arriving
  const waiting = gateway.post('/v1/chat/completions', ask('disk is full'))
  await expect.poll(async () => (await shown()).queued).toBe(1)

  expect(await json(admin(gateway, 'POST', '/experts/a/drain'))).toMatchObject({
    id: 'a',
    draining: true,
    inFlight: 1,
  })
  expect(await (await waiting).text()).toContain('from b')
  const next = await gateway.post('/v1/chat/completions', ask('disk is full'))
  expect([next.headers.get('x-coe-tried'), (await next.text()).includes('from b')]).toEqual(['a,b', true])
  const pinned = await gateway.post('/v1/chat/completions', ask('x', { model: 'expert/a' }))
  expect([pinned.status, (await json(pinned)).error]).toMatchObject([
    503,
    { code: 'expert_busy', message: 'Expert "a" is being drained and takes no new requests.' },
  ])

  // Another definition of the same name, and the old one still at work.
  await gateway.writeMap(mapOf({ a: remote(a.url, { timeout: '7s' }), b: remote(b.url) }))
  await gateway.reload()
  expect(await shown()).toMatchObject({ draining: true, inFlight: 1 })
  const metrics = await (await fetch(`${gateway.url}/metrics`)).text()
  expect(metrics).toContain('coe_expert_draining{expert="a"} 1')
  expect(metrics).toContain('coe_expert_in_flight{expert="a"} 1')
  finish()
  expect(await (await running).text()).toContain('from a')
  await expect.poll(async () => (await shown())?.inFlight).toBe(0)
  expect(a.received).toHaveLength(1)

  await admin(gateway, 'POST', '/experts/a/drain', '{"draining":false}')
  a.behave(says('from a again'))
  const again = await gateway.post('/v1/chat/completions', ask('disk is full'))
  expect(await again.text()).toContain('from a again')
  const told = gateway.logged.map(line => JSON.parse(line)).filter(line => 'draining' in line)
  expect(told.map(line => [line.expert, line.draining])).toEqual([
    ['a', true],
    ['a', false],
  ])
})

test('the built-in expert can be drained too', async () => {
  await using gateway = await startGateway(runbook, { COE_ADMIN_KEY: key.COE_ADMIN_KEY })
  await admin(gateway, 'POST', '/experts/runbook/drain', '{}')
  const response = await gateway.post('/v1/chat/completions', ask('disk is full'))
  expect([response.status, (await json(response)).error.causes]).toMatchObject([
    503,
    [{ expert: 'runbook', code: 'expert_busy' }],
  ])
})
