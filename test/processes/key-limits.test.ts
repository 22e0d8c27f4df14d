import { expect, test } from 'vitest'
import { createLimits } from '../../src/http/access/limits.ts'
import { hostLimits, limitsOver } from '../../src/processes/key-limits.ts'
import { type Channel, createLine } from '../../src/processes/line.ts'
import type { OfPrimary } from '../../src/processes/protocol.ts'

const limit = { rate: undefined, concurrency: 2 }

/** Two ends of one channel in this process. */
const connected = (): [Channel, Channel] => {
  const listeners: [(message: unknown) => void, (message: unknown) => void] = [
    () => undefined,
    () => undefined,
  ]
  const end = (mine: 0 | 1): Channel => ({
    send: message => setImmediate(() => listeners[mine === 0 ? 1 : 0](structuredClone(message))),
    listen: listener => {
      listeners[mine] = listener
    },
  })
  return [end(0), end(1)]
}

const member = (host: ReturnType<typeof hostLimits>) => {
  const [here, there] = connected()
  const holder = host.holder()
  const { admit, release } = holder
  createLine(there, { admit, release, keep: host.keep })
  const line = createLine<OfPrimary>(here, {})
  return { limits: limitsOver(line), line, dies: holder.end }
}

test('places of a key are counted over all processes and come back when their answer is over', async () => {
  const host = hostLimits(createLimits(() => 0))
  const [one, two] = [member(host), member(host)]
  const first = await one.limits.admit('key', limit)
  expect(first.admitted).toBe(true)
  expect((await two.limits.admit('key', limit)).admitted).toBe(true)
  expect(await two.limits.admit('key', limit)).toMatchObject({ admitted: false, exceeded: 'concurrency' })
  if (first.admitted) first.release()
  if (first.admitted) first.release()
  await expect.poll(async () => (await two.limits.admit('key', limit)).admitted).toBe(true)
  expect((await one.limits.admit('key', limit)).admitted).toBe(false)
})

test('the places of a process that died are free again', async () => {
  const host = hostLimits(createLimits(() => 0))
  const [one, two] = [member(host), member(host)]
  await one.limits.admit('key', limit)
  await one.limits.admit('key', limit)
  expect((await two.limits.admit('key', limit)).admitted).toBe(false)
  one.dies()
  expect((await two.limits.admit('key', limit)).admitted).toBe(true)
})

test('when nobody counts any more, everybody is let in', async () => {
  const host = hostLimits(createLimits(() => 0))
  const { limits, line } = member(host)
  line.close()
  expect((await limits.admit('key', { rate: { amount: 1, perMs: 1_000 }, concurrency: 0 })).admitted).toBe(
    true,
  )
})
