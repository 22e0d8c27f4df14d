import type { Flow } from '../../src/resilience/flow.ts'

export type Collected = { readonly chunks: Buffer[]; readonly error?: unknown }

/** All that comes of a flow, and what it failed with, if it did. */
export const collect = (flow: Flow): Promise<Collected> =>
  new Promise(resolve => {
    const chunks: Buffer[] = []
    flow.to({
      data: bytes => void chunks.push(Buffer.from(bytes)),
      end: () => resolve({ chunks }),
      fail: error => resolve({ chunks, error }),
    })
  })
