import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { percentile } from './percentile.ts'
import { rootPath } from './place.ts'

/** Per call, in microseconds, p50. */
export type PolicyFigures = {
  readonly bareUs: number
  readonly wrappedUs: number
  readonly addedUs: number
}

type Call = (signal: AbortSignal) => Promise<unknown>

const BATCH = 500
const BATCHES = 400

/** What the policies add to a call that goes well, as an expert composes them. */
export const measurePolicies = async (root = rootPath): Promise<PolicyFigures> => {
  const { signal } = new AbortController()
  const bare: Call = () => new Promise(resolve => setImmediate(resolve))
  const wrapped = await composed(root, bare)
  const [bares, wrappeds]: [number[], number[]] = [[], []]
  for (let batch = 0; batch < BATCHES; batch++) {
    bares.push(await timed(bare, signal))
    wrappeds.push(await timed(wrapped, signal))
  }
  const half = BATCHES / 2
  const [bareUs, wrappedUs] = [bares.slice(half), wrappeds.slice(half)].map(all => percentile(all, 0.5))
  return { bareUs, wrappedUs, addedUs: (wrappedUs as number) - (bareUs as number) } as PolicyFigures
}

const timed = async (call: Call, signal: AbortSignal) => {
  const began = performance.now()
  for (let i = 0; i < BATCH; i++) await call(signal)
  return ((performance.now() - began) * 1_000) / BATCH
}

const composed = async (root: string, call: Call): Promise<Call> => {
  const load = (path: string) => import(pathToFileURL(join(root, 'dist', path)).href)
  const { createCondition } = await load('experts/condition.js')
  const { createPolicies } = await load('experts/policies.js')
  const limits = { timeout: 60_000, concurrency: 64, queue: 64 }
  const { places, policy } = createPolicies(limits, createCondition('bench'))
  return signal =>
    policy(async (inner: AbortSignal) => {
      const leave = await places.enter(inner)
      try {
        return await call(inner)
      } finally {
        leave()
      }
    })(signal)
}
