import { expect, test } from 'vitest'
import { type Behaviour, hangs, says, stallsAfter, startExpert } from '../support/expert-server.ts'
import { ask, mapOf, type RunningGateway, remote, startGateway } from '../support/gateway.ts'
import { leavingClient } from '../support/leaving-client.ts'

const sendsOnly =
  (bytes: string, type = 'text/event-stream'): Behaviour =>
  (_received, response) => {
    response.writeHead(200, { 'content-type': type })
    response.write(bytes)
  }

const settled = async (gateway: RunningGateway) => {
  const expert = gateway.live.current().crew.experts.get('a')
  while (expert?.health().inFlight !== 0) await new Promise(resolve => setImmediate(resolve))
}

/** Where a request can be when its client leaves: what is asked, and by whom the gateway is kept waiting then. */
const phases: [when: string, map: Record<string, unknown>, asked: object, behaviour: Behaviour][] = [
  ['before the first byte of a whole answer', {}, {}, hangs()],
  ['before the first byte of a stream', {}, { stream: true }, hangs()],
  ['before the first event of a stream', {}, { stream: true }, sendsOnly(': processing\n\n')],
  ['in the middle of a whole answer', {}, {}, sendsOnly('{"choices":[', 'application/json')],
  ['in the middle of a stream', {}, { stream: true }, stallsAfter('one ', 'two ')],
  ['while its question is classified', { classifier: { expert: 'a', use: 'always' } }, {}, hangs()],
]

test.each(phases)(
  'who leaves %s ends the call at the expert within 50 ms',
  async (when, more, asked, behaviour) => {
    await using expert = await startExpert(behaviour)
    await using gateway = await startGateway(mapOf({ a: remote(expert.url) }, more))
    const delays: number[] = []
    // The machine's own hiccups are not the promise's: the quickest of three counts.
    for (const attempt of [1, 2, 3]) {
      const arriving = expert.next()
      const client = leavingClient(gateway, ask(`disk is full ${attempt}`, asked))
      const call = await arriving
      if (when === 'in the middle of a stream') await client.firstBytes
      const began = performance.now()
      client.leave()
      await call.left
      delays.push(performance.now() - began)
      await settled(gateway)
    }
    expect(Math.min(...delays)).toBeLessThan(50)
    expect(expert.received).toHaveLength(3)
    await expect
      .poll(async () => (await fetch(`${gateway.url}/metrics`)).text())
      .toMatch(/coe_requests_total\{endpoint="chat\/completions",status="(499|200)"\} 3/)
    expect(gateway.live.current().crew.experts.get('a')?.health().breaker).toBe('closed')
  },
)

test('who leaves while waiting for a place never reaches the expert', async () => {
  await using expert = await startExpert(hangs())
  await using gateway = await startGateway(mapOf({ a: remote(expert.url, { concurrency: 1 }) }))
  const health = () => gateway.live.current().crew.experts.get('a')?.health()
  const arriving = expert.next()
  const first = leavingClient(gateway, ask('disk is full'))
  const call = await arriving
  const delays: number[] = []
  for (let attempt = 1; attempt <= 3; attempt++) {
    const second = leavingClient(gateway, ask('disk is full'))
    while (health()?.queued !== 1) await new Promise(resolve => setImmediate(resolve))
    const began = performance.now()
    second.leave()
    while (health()?.queued !== 0) await new Promise(resolve => setImmediate(resolve))
    delays.push(performance.now() - began)
  }
  expect(Math.min(...delays)).toBeLessThan(50)
  first.leave()
  await call.left
  expect(expert.received).toHaveLength(1)
})

test('who waits for a whole answer with the body long sent is not taken for gone', async () => {
  await using expert = await startExpert((received, response) => {
    setTimeout(() => says('slow but here')(received, response), 150)
  })
  await using gateway = await startGateway(mapOf({ a: remote(expert.url) }))
  const response = await gateway.post('/v1/chat/completions', ask('disk is full'))
  expect(await response.text()).toContain('slow but here')
})
