import { Pool } from 'undici'
import { expect, test } from 'vitest'
import { exchange } from '../../src/experts/exchange.ts'
import { type Flow, flowOf } from '../../src/resilience/flow.ts'
import { startExpert } from '../support/expert-server.ts'

/** What a reader hears that pauses the flow at every chunk. */
const pausing = (flow: Flow) => {
  const heard: string[] = []
  flow.to({
    data(bytes) {
      heard.push(Buffer.from(bytes).toString())
      flow.pause()
    },
    end: () => void heard.push('end'),
    fail: error => void heard.push(`failed: ${error}`),
  })
  return heard
}

const turn = () => new Promise(resolve => setTimeout(resolve, 20))

test('a flow that is paused hands on nothing, its end included, until it is resumed; stopped, nothing ever', () => {
  const flow = flowOf([Buffer.from('a'), Buffer.from('b'), Buffer.from('c')])
  const heard = pausing(flow)
  expect(heard).toEqual(['a'])
  flow.resume()
  expect(heard).toEqual(['a', 'b'])
  flow.stop()
  flow.resume()
  expect(heard).toEqual(['a', 'b'])
})

test("an expert's answer waits for its reader, whether it is still coming or has ended long ago", async () => {
  await using expert = await startExpert((_received, response) => {
    response.write('a')
    setImmediate(() => response.end('b'))
  })
  const { origin } = new URL(expert.url)
  const pool = new Pool(origin)
  const sent = { path: '/', headers: [], body: Buffer.from('{}') }
  const { body } = await exchange(pool, sent, new AbortController().signal)
  const flow = body.flow()
  const heard = pausing(flow)
  for (const soFar of [['a'], ['a', 'b'], ['a', 'b', 'end']]) {
    await expect.poll(() => heard.length).toBe(soFar.length)
    await turn()
    expect(heard).toEqual(soFar)
    flow.resume()
  }
  await pool.close()
})
