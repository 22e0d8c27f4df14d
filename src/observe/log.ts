import pino, { type Logger } from 'pino'

/** Lines wait for others until there are so many bytes or so many milliseconds: a write each costs more than the line. */
const BATCH_BYTES = 32 * 1024
const BATCH_MS = 100
/** Where nobody reads them any more they are dropped: they must not fill the memory. */
const WAITING_BYTES = 16 * 1024 * 1024

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
    destination ?? batched(),
  )

/**
 * Lines are gathered here and handed over together: for each thing that is written the sink measures all that waits
 * already, which took half of a line's time. Written to the end also when the process ends, however it does.
 */
const batched = () => {
  const sink = pino.destination({
    fd: 2,
    sync: false,
    minLength: BATCH_BYTES,
    maxWrite: 2 * BATCH_BYTES,
    maxLength: WAITING_BYTES,
  })
  let lines = ''
  let timer: NodeJS.Timeout | undefined
  const handOver = () => {
    clearTimeout(timer)
    timer = undefined
    const together = lines
    lines = ''
    if (together !== '') sink.write(together)
  }
  const flush = (done?: (error?: Error) => void) => {
    handOver()
    sink.flush(done)
  }
  // Before the sink's own, which writes what it has.
  process.prependListener('beforeExit', handOver)
  process.prependListener('exit', handOver)
  return {
    flush,
    write(line: string) {
      lines += line
      if (lines.length >= BATCH_BYTES) handOver()
      else timer ??= setTimeout(flush, BATCH_MS).unref()
    },
  }
}

/** Longer nobody waits for a reader. */
const FLUSH_MS = 1_000

/**
 * What waits is written before the process ends. At its very end the same would be tried for ever where the reader is
 * gone: without an event loop nothing can come in between.
 */
export const flushLog = (log: Pick<Logger, 'flush'>): Promise<void> =>
  new Promise(resolve => {
    const timer = setTimeout(resolve, FLUSH_MS)
    log.flush(() => {
      clearTimeout(timer)
      resolve()
    })
  })

export type LineLevel = 'debug' | 'info' | 'warn'

/**
 * Writes a line as the log would, for the one that is written of each request. Nothing is looked for in it: whoever
 * calls knows every field by name, and that none of them is a credential.
 */
export const lineWriter = (log: Logger, message: string) => {
  const sink: unknown = Reflect.get(log, pino.symbols.streamSym)
  const time = createTime()
  const ending = `,"msg":${JSON.stringify(message)}}\n`
  return (level: LineLevel, fields: object): void => {
    if (!log.isLevelEnabled(level)) return
    const line = `{"level":"${level}","time":"${time()}",${JSON.stringify(fields).slice(1, -1)}${ending}`
    ;(sink as { write(line: string): void }).write(line)
  }
}

/** Many lines bear the same millisecond. */
const createTime = () => {
  let at = 0
  let text = ''
  return (): string => {
    const now = Date.now()
    if (now !== at) text = new Date(now).toISOString()
    at = now
    return text
  }
}
