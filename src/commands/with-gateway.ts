import { createLog } from '../observe/log.ts'
import { type Gateway, wire } from '../wire.ts'
import type { Invocation } from './command.ts'
import { configFor } from './config-for.ts'
import { progressLine } from './progress.ts'

/** Whatever a gateway knows, for a command that asks and ends: nobody listens, and no file is watched. */
export const withGateway = async <T>(
  invocation: Pick<Invocation, 'values' | 'environment' | 'complain'>,
  use: (gateway: Gateway) => T | Promise<T>,
): Promise<T> => {
  const config = configFor(invocation)
  const progress = progressLine('encoding examples', invocation.complain)
  const gateway = await wire(config, createLog('warn'), {
    onProgress: progress.show,
    watchFiles: false,
  }).finally(progress.clear)
  try {
    return await use(gateway)
  } finally {
    await gateway.close()
  }
}
