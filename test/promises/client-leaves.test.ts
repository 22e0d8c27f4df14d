import { expect, test } from 'vitest'
import { hangs, says, stallsAfter, startExpert } from '../support/expert-server.ts'
import { ask, mapOf, type RunningGateway, remote, startGateway } from '../support/gateway.ts'
import { leavingClient } from '../support/leaving-client.ts'

const settled = async (gateway: RunningGateway) => {
  const expert = gateway.live.current().crew.experts.get('a')
  while (expert?.health().inFlight !== 0) await new Promise(resolve => setImmediate(resolve))
}

for (const stream of [false, true]) {
  test(`who leaves before the first byte cancels the call at the expert (stream: ${stream})`, async () => {
    await using expert = await startExpert(hangs())
    await using gateway = await startGateway(mapOf({ a: remote(expert.url) }))
    const arriving = expert.next()
    const client = leavingClient(gateway, ask('disk is full', { stream }))
    const call = await arriving
    client.leave()
    await call.left
    await settled(gateway)
  })
}

test('who leaves in the middle of a stream cancels the call at the expert', async () => {
  await using expert = await startExpert(stallsAfter('one ', 'two '))
  await using gateway = await startGateway(mapOf({ a: remote(expert.url) }))
  const arriving = expert.next()
  const client = leavingClient(gateway, ask('disk is full', { stream: true }))
  const call = await arriving
  await client.firstBytes
  client.leave()
  await call.left
  await settled(gateway)
})

test('who leaves while waiting for a place never reaches the expert', async () => {
  await using expert = await startExpert(hangs())
  await using gateway = await startGateway(mapOf({ a: remote(expert.url, { concurrency: 1 }) }))
  const health = () => gateway.live.current().crew.experts.get('a')?.health()
  const arriving = expert.next()
  const first = leavingClient(gateway, ask('disk is full'))
  const call = await arriving
  const second = leavingClient(gateway, ask('disk is full'))
  while (health()?.queued !== 1) await new Promise(resolve => setImmediate(resolve))
  second.leave()
  while (health()?.queued !== 0) await new Promise(resolve => setImmediate(resolve))
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
