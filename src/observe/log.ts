import pino, { type Logger } from 'pino'

/** One JSON object a line. Whatever looks like a credential is cut out, whoever put it there. */
export const createLog = (level: string, destination?: { write(line: string): void }): Logger =>
  pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: label => ({ level: label }) },
      redact: {
        paths: ['*.authorization', '*.headers', '*.key', '*.apiKey', 'err.cause.headers', 'err.details.body'],
        censor: '[secret]',
      },
    },
    destination ?? pino.destination({ fd: 2, sync: false }),
  )
