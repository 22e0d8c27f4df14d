import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { type TracingConfig, tracingOf, tracingVariables } from './config-tracing.ts'

/** Where the package itself lies: its maps, context and models are the defaults of a folder without any. */
const home = fileURLToPath(new URL('..', import.meta.url))

const shipped = (path: string) => (existsSync(path) ? path : resolve(home, path))

const blankIsUnset = <T extends z.ZodType>(schema: T) => z.preprocess(v => (v === '' ? undefined : v), schema)

const integer = (min: number, max: number, fallback: number) =>
  blankIsUnset(z.coerce.number().int().min(min).max(max).default(fallback))

const flag = blankIsUnset(
  z
    .enum(['true', 'false', '1', '0'])
    .default('false')
    .transform(v => v === 'true' || v === '1'),
)

/** `name:key,name:key`; a bare key is named by its position. */
const apiKeys = z
  .string()
  .optional()
  .transform((text, context) => {
    if (text === undefined || text === '') return []
    const keys = text
      .split(',')
      .map(part => part.trim())
      .filter(part => part !== '')
      .map(namedKey)
    // An unset variable in here must not open the door to everybody.
    if (keys.length === 0 || keys.some(({ key }) => key === '')) {
      context.addIssue({
        code: 'custom',
        message: 'holds an empty key: write name:key,name:key, or leave it unset',
      })
      return z.NEVER
    }
    return keys
  })

const namedKey = (part: string, index: number) => {
  const colon = part.indexOf(':')
  return colon > 0
    ? { name: part.slice(0, colon), key: part.slice(colon + 1) }
    : { name: `key-${index + 1}`, key: part }
}

const environment = z.object({
  PORT: integer(0, 65535, 8080),
  HOST: blankIsUnset(z.string().default('127.0.0.1')),
  COE_MAP: blankIsUnset(z.string().default(() => shipped('mappings/default.yaml'))),
  COE_API_KEYS: apiKeys,
  COE_INSECURE: flag,
  COE_ADMIN_KEY: blankIsUnset(z.string().trim().regex(/^\S+$/, 'must be one word without spaces').optional()),
  COE_MODELS: blankIsUnset(z.string().default(() => shipped('models'))),
  COE_PROCESSES: integer(1, 64, 1),
  COE_WORKERS: blankIsUnset(z.coerce.number().int().min(1).max(64).optional()),
  COE_ENCODER: blankIsUnset(z.enum(['auto', 'minilm', 'lexical']).default('auto')),
  COE_DATA: blankIsUnset(z.string().default('.coe')),
  COE_DECISIONS_FILE: blankIsUnset(z.string().optional()),
  COE_DECISIONS_FILE_MB: integer(1, 100_000, 100),
  COE_BODY_LIMIT_MB: integer(1, 1024, 10),
  COE_BODIES_LIMIT_MB: integer(1, 1024 * 1024, 256),
  COE_MAX_CONNECTIONS: integer(1, 1_000_000, 10_000),
  COE_MAX_IN_FLIGHT: integer(1, 1_000_000, 2_000),
  COE_MAX_DELAY_MS: integer(10, 60_000, 1_000),
  LOG_LEVEL: blankIsUnset(
    z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
  ),
  LOG_QUESTIONS: flag,
  ...tracingVariables,
})

/** What the environment may say, for `--help`: name, default, meaning. */
export const variables: readonly (readonly [name: string, fallback: string, meaning: string])[] = [
  ['PORT', '8080', 'port to listen on; 0 takes a free one'],
  ['HOST', '127.0.0.1', 'address to listen on'],
  ['COE_MAP', 'mappings/default.yaml', 'the map to serve'],
  [
    'COE_API_KEYS',
    '',
    "name:key,name:key: only these and the map's access are let in; without any, everybody is",
  ],
  ['COE_INSECURE', 'false', 'true lets everybody in also on an address that others can reach (--insecure)'],
  ['COE_ADMIN_KEY', '', 'key that opens /admin; without one it is shut'],
  ['COE_MODELS', 'models/', "folder with the encoder's weights"],
  ['COE_ENCODER', 'auto', 'auto (MiniLM, else lexical, loudly), minilm (or refuse to start), lexical'],
  ['COE_PROCESSES', '1', 'processes that share the port (--processes)'],
  [
    'COE_WORKERS',
    '',
    'threads that encode questions, in each process; without it, a core is left free, at most 4',
  ],
  [
    'COE_DATA',
    '.coe',
    'folder for what was computed once, and may be deleted; rank/ in it was paid for, maps/ is the history',
  ],
  ['COE_DECISIONS_FILE', '', 'file to write every decision to, one a line of JSON; without one, none is'],
  ['COE_DECISIONS_FILE_MB', '100', 'size from which that file is begun anew; four older ones are kept'],
  ['COE_BODY_LIMIT_MB', '10', 'largest request body, in megabytes'],
  ['COE_BODIES_LIMIT_MB', '256', 'memory that the bodies of all running requests may hold, in megabytes'],
  ['COE_MAX_CONNECTIONS', '10000', 'connections open at once; more are closed as they come'],
  ['COE_MAX_IN_FLIGHT', '2000', 'requests running at once; more are answered 503 with Retry-After'],
  ['COE_MAX_DELAY_MS', '1000', 'lateness of the event loop from which requests are answered 503'],
  ['LOG_LEVEL', 'info', 'fatal, error, warn, info, debug, trace or silent'],
  [
    'LOG_QUESTIONS',
    'false',
    "true keeps the questions' text: in the log, in traces, in /admin/decisions and their file",
  ],
  [
    'OTEL_EXPORTER_OTLP_ENDPOINT',
    '',
    'collector that spans are sent to (OTLP over HTTP); without it there are none',
  ],
]

type ApiKey = { readonly name: string; readonly key: string }

export type Config = Readonly<{
  port: number
  host: string
  mapPath: string
  apiKeys: readonly ApiKey[]
  /** Whether to listen without any key where others can reach it. */
  insecure: boolean
  adminKey: string | undefined
  modelsPath: string
  encoder: 'auto' | 'minilm' | 'lexical'
  dataPath: string
  processes: number
  /** Threads that encode; left out, by the number of cores. */
  workers: number | undefined
  decisionsFile: string | undefined
  decisionsFileBytes: number
  bodyLimitBytes: number
  bodiesLimitBytes: number
  maxConnections: number
  maxInFlight: number
  maxDelayMs: number
  logLevel: string
  logQuestions: boolean
  /** Undefined: nobody wants traces. */
  tracing: TracingConfig | undefined
  /** Maps may name any variable as `${NAME}`; they are handed these and nothing else reads them. */
  environment: Readonly<Record<string, string | undefined>>
}>

export class ConfigError extends Error {}

/** The only reader of the process's environment. Throws one message that names every bad variable. */
export const loadConfig = (env: Readonly<Record<string, string | undefined>>): Config => {
  const parsed = environment.safeParse(env)
  if (!parsed.success) {
    throw new ConfigError(`The environment is not usable:\n${z.prettifyError(parsed.error)}`)
  }
  const value = parsed.data
  return Object.freeze({
    port: value.PORT,
    host: value.HOST,
    mapPath: resolve(value.COE_MAP),
    apiKeys: value.COE_API_KEYS,
    insecure: value.COE_INSECURE,
    adminKey: value.COE_ADMIN_KEY,
    modelsPath: resolve(value.COE_MODELS),
    encoder: value.COE_ENCODER,
    dataPath: resolve(value.COE_DATA),
    processes: value.COE_PROCESSES,
    workers: value.COE_WORKERS,
    decisionsFile: value.COE_DECISIONS_FILE === undefined ? undefined : resolve(value.COE_DECISIONS_FILE),
    decisionsFileBytes: value.COE_DECISIONS_FILE_MB * 1024 * 1024,
    bodyLimitBytes: value.COE_BODY_LIMIT_MB * 1024 * 1024,
    bodiesLimitBytes: value.COE_BODIES_LIMIT_MB * 1024 * 1024,
    maxConnections: value.COE_MAX_CONNECTIONS,
    maxInFlight: value.COE_MAX_IN_FLIGHT,
    maxDelayMs: value.COE_MAX_DELAY_MS,
    logLevel: value.LOG_LEVEL,
    logQuestions: value.LOG_QUESTIONS,
    tracing: tracingOf(value),
    environment: env,
  })
}
