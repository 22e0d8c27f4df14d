import dns from 'node:dns'
import { afterEach, expect, test, vi } from 'vitest'
import { mapOf, remote, startGateway } from '../support/gateway.ts'
import { bodyOf, goodAnswer } from './bytes.ts'
import { type FaultyExpert, type Script, startFaulty } from './faulty-expert.ts'
import { askFor, type Servers, startServers } from './venue.ts'
import { expectRelayed } from './witness.ts'

afterEach(() => void vi.restoreAllMocks())

const says =
  (text: string): Script =>
  call =>
    call.finish(goodAnswer(call.stream, text))

/** A gateway with one expert and a healthy one after it. */
const start = async (servers: Servers, url: string) => {
  const gateway = await startGateway(
    mapOf({ first: remote(url), healthy: remote(servers.scripted.url('healthy')) }),
  )
  let count = 0
  const ask = async (stream = false) => {
    const requestId = `r${count++}`
    const seen = await askFor(gateway, servers, { model: 'task/operate', stream, requestId })
    return { ...seen, requestId, tried: seen.headers['x-coe-tried'] }
  }
  return { gateway, ask, [Symbol.asyncDispose]: () => gateway[Symbol.asyncDispose]() }
}

test.each([false, true])(
  'a kept connection that closes just as the next request comes costs a second attempt, not the answer (stream: %s)',
  async stream => {
    await using servers = await startServers()
    servers.scripted.play('first', call => {
      if (call.reused > 0) call.socket.destroy()
      else says('first')(call)
    })
    await using stage = await start(servers, servers.scripted.url('first'))
    for (const calls of [1, 2, 2]) {
      const seen = await stage.ask(stream)
      expect([seen.status, seen.tried]).toEqual([200, 'first'])
      expectRelayed(seen, bodyOf(stream, 'first'))
      expect(servers.scripted.calls('first', seen.requestId)).toBe(calls)
    }
  },
)

test('kept connections that the expert closes while nobody asks are never the reason for an error', async () => {
  await using servers = await startServers()
  servers.scripted.play('first', says('first'))
  await using stage = await start(servers, servers.scripted.url('first'))
  for (let i = 0; i < 20; i++) {
    const seen = await stage.ask(i % 2 === 0)
    expect([seen.status, seen.tried]).toEqual([200, 'first'])
    servers.scripted.closeIdle()
  }
})

test('an answer that nobody asked for is not given to the next question', async () => {
  await using servers = await startServers()
  servers.scripted.play('first', call =>
    call.finish(Buffer.concat([goodAnswer(false, 'first'), goodAnswer(false, 'smuggled')])),
  )
  await using stage = await start(servers, servers.scripted.url('first'))
  for (let i = 0; i < 3; i++) expectRelayed(await stage.ask(), bodyOf(false, 'first'))
})

type Address = { address: string; family: number }

type Lookup = (
  name: string,
  options: { all?: boolean },
  done: (error: Error | null, found?: unknown, family?: number) => void,
) => void

/** What the expert's name stands for, until something else is said: the system's resolver, without a network. */
const resolvesTo = (...addresses: Address[]) => {
  const real = dns.lookup as Lookup
  vi.spyOn(dns, 'lookup').mockImplementation(((name, options, done) => {
    const [first] = addresses
    if (name !== 'expert.invalid') real(name, options, done)
    else if (first === undefined) process.nextTick(done, notFound(name))
    else if (options.all) process.nextTick(done, null, addresses)
    else process.nextTick(done, null, first.address, first.family)
  }) satisfies Lookup as typeof dns.lookup)
}

const notFound = (name: string) =>
  Object.assign(new Error(`getaddrinfo ENOTFOUND ${name}`), { code: 'ENOTFOUND' })

const at = (address: string): Address => ({ address, family: address.includes(':') ? 6 : 4 })
const named = (server: FaultyExpert) => `http://expert.invalid:${server.port}/first/v1`

test('of a name with two addresses, the one where somebody listens answers', async () => {
  await using servers = await startServers()
  servers.scripted.play('first', says('first'))
  await using stage = await start(servers, named(servers.scripted))
  resolvesTo(at('::1'), at('127.0.0.1'))
  const seen = await stage.ask()
  expect([seen.status, seen.tried]).toEqual([200, 'first'])
  expect(servers.scripted.calls('first', seen.requestId)).toBe(1)
})

// Only Linux has the whole of 127.0.0.0/8 without being told.
test.skipIf(process.platform !== 'linux')(
  'an expert whose name moves to another address is found there with the next connection',
  async () => {
    await using servers = await startServers()
    const old = await startFaulty()
    await using other = await startFaulty({ host: '127.0.0.2', port: old.port })
    old.play('first', says('old'))
    other.play('first', says('moved'))
    await using stage = await start(servers, named(old))
    resolvesTo(at('127.0.0.1'))
    expectRelayed(await stage.ask(), bodyOf(false, 'old'))
    resolvesTo(at('127.0.0.2'))
    await old.close()
    const seen = await stage.ask()
    expect(seen.tried).toBe('first')
    expectRelayed(seen, bodyOf(false, 'moved'))
  },
)

test('an expert whose name is gone is passed over, and found again when the name is back', async () => {
  await using servers = await startServers()
  servers.scripted.play('first', says('first'))
  await using stage = await start(servers, named(servers.scripted))
  resolvesTo()
  expect((await stage.ask()).tried).toBe('first,healthy')
  resolvesTo(at('127.0.0.1'))
  expect((await stage.ask()).tried).toBe('first')
})
