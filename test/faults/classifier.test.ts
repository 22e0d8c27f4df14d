import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { mapOf, type RunningGateway, remote, startGateway } from '../support/gateway.ts'
import { answer, bodyOf, JSON_TYPE } from './bytes.ts'
import type { Script } from './faulty-expert.ts'
import { pours } from './rows-connection.ts'
import { table } from './table.ts'
import { askFor, comesAbout, KEY, type Servers, startServers } from './venue.ts'
import { expectRelayed, settled } from './witness.ts'

let servers: Servers
let gateway: RunningGateway
let count = 0

beforeAll(async () => {
  servers = await startServers()
  gateway = await startGateway(
    mapOf(
      {
        healthy: remote(servers.scripted.url('healthy'), { key: KEY }),
        judge: remote(servers.scripted.url('judge'), { key: KEY }),
      },
      { classifier: { expert: 'judge', use: 'always', timeout: '1s' }, unknown: ['healthy'] },
    ),
  )
})
afterAll(async () => {
  await gateway[Symbol.asyncDispose]()
  await servers[Symbol.asyncDispose]()
})

const names = (task: string): Script => {
  const body = JSON.stringify({
    choices: [{ message: { role: 'assistant', content: `**Task: [${task}]**` } }],
  })
  return call => call.finish(answer(200, JSON_TYPE, body))
}

/** A question of its own each time: what was decided once would be remembered. */
const decided = async (script: Script) => {
  servers.scripted.play('judge', script)
  const requestId = `c${count++}`
  const text = `my pod restarts with exit code 137, case ${requestId}`
  const seen = await askFor(gateway, servers, { model: 'auto', stream: count % 2 === 0, requestId, text })
  expect(seen.status).toBe(200)
  expectRelayed(seen, bodyOf(count % 2 === 0, 'healthy'))
  return seen.headers['x-coe-decided-by']
}

const elsewhere = 'http://127.0.0.1:1/v1/chat/completions'
const faults = table(elsewhere).filter(({ stream, script }) => !stream && script !== undefined)

describe('a classifier that', () => {
  for (const { fault, script } of faults) {
    test(`${fault}: the question is routed without it, and the next one with it`, async () => {
      expect(await decided(script!)).toBe('fallback')
      // One right answer also makes up for the failure: none of this opens its breaker.
      expect(await decided(names('build'))).toBe('classifier')
      await comesAbout(() => servers.scripted.busy('judge') || undefined)
    })
  }

  test('did all that left no connection behind, and its key nowhere', async () => {
    await settled(servers)
    expect(gateway.logged.join('')).not.toContain(KEY)
  })
})

test('a classifier that answers without end is hung up on long before its deadline: memory is not its to fill', async () => {
  const map = mapOf(
    { healthy: remote(servers.scripted.url('healthy')), pouring: remote(servers.scripted.url('pouring')) },
    { classifier: { expert: 'pouring', use: 'always', timeout: '60s' }, unknown: ['healthy'] },
  )
  await using generous = await startGateway(map)
  const closed = new Promise<number>(resolve => {
    servers.scripted.play('pouring', call => {
      call.socket.once('close', () => resolve(call.socket.bytesWritten))
      call.send('HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n{"choices":[')
      pours(call, Buffer.alloc(64 * 1024, 32))
    })
  })
  const seen = await askFor(generous, servers, { model: 'auto', stream: false, requestId: 'pouring' })
  expect([seen.status, seen.headers['x-coe-decided-by']]).toEqual([200, 'fallback'])
  expect(await closed).toBeLessThan(32 * 1024 * 1024)
})
