import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse, stringify } from 'yaml'
import { median } from './percentile.ts'
import { benchPath, built, rootPath, scratch } from './place.ts'
import { freePort, type Running, start } from './process.ts'

/** Something that answers `POST /v1/chat/completions`, in front of the same instant expert. */
export type Subject = {
  readonly name: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly pid: number
  /** Makes it take up a new configuration, where it can. */
  readonly swap?: () => void
  /** What its encoder took of a question, p50 of the last hundred, where it says so. */
  readonly encodeMs?: () => Promise<number>
  stop(): Promise<void>
}

export type Maker = {
  readonly name: string
  /** Left out where it cannot be started. */
  readonly optional?: boolean
  /** The only scenario that it is for, where it is not for all. */
  readonly onlyFor?: string
  make(expertUrl: string): Promise<Subject>
}

const json = { 'content-type': 'application/json' }
const as = (
  name: string,
  url: string,
  { pid, stop }: Running,
  more: Record<string, string> = {},
): Subject => ({
  name,
  url,
  headers: { ...json, ...more },
  pid,
  stop,
})

export const direct: Maker = {
  name: 'direct',
  make: async url => ({ name: 'direct', url, headers: json, pid: process.pid, stop: async () => undefined }),
}

export const yardstick: Maker = {
  name: 'yardstick',
  async make(expertUrl) {
    const port = await freePort()
    const url = `http://127.0.0.1:${port}`
    const command = [process.execPath, built('yardstick.js'), String(port), expertUrl] as const
    return as('yardstick', url, await start({ name: 'yardstick', command, url }))
  },
}

export type GatewayOptions = {
  readonly name?: string
  readonly root?: string
  readonly nodeFlags?: readonly string[]
  /** Another map than the shipped one. */
  readonly map?: (expertUrl: string) => object
  readonly dataPath?: string
  readonly environment?: Record<string, string>
}

const KEY = 'bench-key-0123456789'
const ADMIN_KEY = 'bench-admin-key-0123456789'

const encodeMsAt = (url: string) => async () => {
  const headers = { authorization: `Bearer ${ADMIN_KEY}` }
  const told = await fetch(`${url}/admin/decisions?limit=100`, { headers })
  const { decisions } = (await told.json()) as { decisions: { encodeMs?: number }[] }
  return median(decisions.flatMap(({ encodeMs }) => encodeMs ?? []))
}

/** The gateway as anybody runs it: keys, limits, log and metrics on, the shipped context, its own encoder. */
export const gateway = ({
  name = 'coe-ops',
  root = rootPath,
  nodeFlags = [],
  map: mapAt = expertUrl => mapFor(root, expertUrl),
  dataPath = join(benchPath, 'results', 'data'),
  environment = {},
}: GatewayOptions = {}): Maker => ({
  name,
  async make(expertUrl) {
    const port = await freePort()
    const url = `http://127.0.0.1:${port}`
    const folder = join(scratch, `${name.replace(/\W/g, '-')}-${port}`)
    mkdirSync(folder)
    const mapPath = join(folder, 'map.yaml')
    const map = mapAt(expertUrl)
    const write = (version: number) => writeFileSync(mapPath, stringify({ ...map, name: `bench-${version}` }))
    write(0)
    const running = await start({
      name,
      command: [process.execPath, ...nodeFlags, join(root, 'dist/main.js'), 'serve', mapPath],
      environment: {
        PORT: String(port),
        COE_API_KEYS: `bench:${KEY},other:other-key-0123456789`,
        COE_ADMIN_KEY: ADMIN_KEY,
        COE_DATA: dataPath,
        MALLOC_ARENA_MAX: '1',
        MALLOC_MMAP_THRESHOLD_: '131072',
        ...environment,
      },
      cwd: folder,
      url: `${url}/readyz`,
      withinMs: 900_000,
    })
    let version = 0
    return {
      ...as(name, url, running, { authorization: `Bearer ${KEY}` }),
      swap: () => write(++version),
      encodeMs: encodeMsAt(url),
    }
  },
})

/** Two processes at one port, for the one question whether they do twice as much. */
export const twoProcesses: Maker = {
  ...gateway({ name: 'two processes', environment: { COE_PROCESSES: '2' } }),
  onlyFor: 'processes',
}

/** The shipped tasks and examples, with the instant expert in front of a second one. */
const mapFor = (root: string, expertUrl: string) => {
  const shipped = parse(readFileSync(join(root, 'mappings/default.yaml'), 'utf8'))
  const order = ['first', 'second']
  const expert = { url: `${expertUrl}/v1`, model: 'instant', key: 'sk-of-the-gateway', concurrency: 1024 }
  const tasks = Object.entries(shipped.tasks as Record<string, object>).map(([id, task]) => [
    id,
    { ...task, experts: order },
  ])
  return {
    context: (shipped.context as string[]).map(path => join(root, 'mappings', path)),
    neighbours: shipped.neighbours,
    tasks: Object.fromEntries(tasks),
    unknown: order,
    experts: { first: expert, second: expert },
  }
}

const portkeyPath = join(benchPath, 'node_modules/@portkey-ai/gateway/build/start-server.js')

export const portkey: Maker = {
  name: 'Portkey',
  optional: true,
  async make(expertUrl) {
    const port = await freePort()
    const url = `http://127.0.0.1:${port}`
    const command = [process.execPath, portkeyPath, `--port=${port}`, '--headless'] as const
    return as('Portkey', url, await start({ name: 'portkey', command, url }), {
      'x-portkey-provider': 'openai',
      'x-portkey-custom-host': `${expertUrl}/v1`,
      authorization: 'Bearer sk-none',
    })
  },
}

const litellmPath = join(benchPath, '.venv/bin/litellm')

export const litellm: Maker = {
  name: 'LiteLLM',
  optional: true,
  async make(expertUrl) {
    const port = await freePort()
    const url = `http://127.0.0.1:${port}`
    const config = join(scratch, `litellm-${port}.yaml`)
    const params = { model: 'openai/instant', api_base: `${expertUrl}/v1`, api_key: 'sk-none' }
    writeFileSync(config, stringify({ model_list: [{ model_name: 'auto', litellm_params: params }] }))
    const command = [litellmPath, '--config', config, '--port', String(port), '--host', '127.0.0.1'] as const
    const key = `sk-${randomBytes(32).toString('hex')}`
    const environment = { LITELLM_MASTER_KEY: key }
    const running = await start({
      name: 'litellm',
      command: [...command],
      url,
      environment,
      withinMs: 120_000,
    })
    return as('LiteLLM', url, running, { authorization: `Bearer ${key}` })
  },
}

export const othersInstalled = (): Maker[] => [
  ...(existsSync(portkeyPath) ? [portkey] : []),
  ...(existsSync(litellmPath) ? [litellm] : []),
]
