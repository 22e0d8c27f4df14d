import { traceOf } from '../errors.ts'

/**
 * What nobody caught ends the process, as it would anyway: its state is not known any more. But Node would print the
 * error with all that hangs on it, an expert's answer or a request's headers among it.
 */
export const endOnCrash = (complain: (line: string) => void) => {
  process.on('uncaughtException', (error, origin) => {
    complain(`coe-ops ends because of an ${origin}, which is a fault of its own: ${traceOf(error)}`)
    process.exit(1)
  })
}
