import type { Logger } from 'pino'
import { traceOf } from '../errors.ts'
import { flushLog } from '../observe/log.ts'

/**
 * What nobody caught ends the process, as it would anyway: its state is not known any more. But Node would print the
 * error with all that hangs on it, an expert's answer or a request's headers among it.
 */
export const endOnCrash = (complain: (line: string) => void, log: Logger) => {
  process.on('uncaughtException', (error, origin) => {
    complain(`coe-ops ends because of an ${origin}, which is a fault of its own: ${traceOf(error)}`)
    void flushLog(log).then(() => process.exit(1))
  })
}
