import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import OpenAI from 'openai'
import { stringify } from 'yaml'
import { loadConfig } from '../../src/config.ts'
import { createLog } from '../../src/observe/log.ts'
import { type Gateway, type WireOptions, wire } from '../../src/wire.ts'

export const fixtures = fileURLToPath(new URL('../fixtures/', import.meta.url))
export const root = fileURLToPath(new URL('../../', import.meta.url))

export type RunningGateway = Gateway & {
  readonly url: string
  readonly folder: string
  readonly mapPath: string
  readonly logged: string[]
  /** The official client, as anybody would use it. */
  readonly client: OpenAI
  writeMap(map: object): Promise<void>
  post(path: string, body: unknown, init?: RequestInit): Promise<Response>
  [Symbol.asyncDispose](): Promise<void>
}

/** A folder of a user's files: the fixture context, and a map. */
export const userFolder = async (map: object) => {
  const folder = await mkdtemp(join(tmpdir(), 'coe-test-'))
  await cp(join(fixtures, 'context.jsonl'), join(folder, 'context.jsonl'))
  await cp(join(fixtures, 'runbooks'), join(folder, 'runbooks'), { recursive: true })
  const mapPath = join(folder, 'map.yaml')
  await writeFile(mapPath, stringify(map))
  return { folder, mapPath }
}

export const mapOf = (experts: Record<string, object>, more: Record<string, unknown> = {}) => {
  const order = Object.keys(experts)
  return {
    name: 'test',
    context: ['context.jsonl'],
    tasks: {
      build: { description: 'compiling', experts: order },
      deploy: { description: 'rolling out', experts: order },
      operate: { description: 'keeping it healthy', experts: order },
    },
    unknown: order,
    experts,
    ...more,
  }
}

export const remote = (url: string, more: Record<string, unknown> = {}) => ({ url, model: 'fake', ...more })

/** The whole gateway on a free port of the loopback, with the lexical encoder unless told otherwise. */
export const startGateway = async (
  map: object,
  environment: Record<string, string> = {},
  options: WireOptions = {},
): Promise<RunningGateway> => {
  const { folder, mapPath } = await userFolder(map)
  const logged: string[] = []
  const config = loadConfig({
    COE_MAP: mapPath,
    COE_ENCODER: 'lexical',
    COE_DATA: join(folder, 'data'),
    ...environment,
  })
  const log = createLog(config.logLevel, { write: line => void logged.push(line) })
  const gateway = await wire(config, log, options)
  await gateway.app.listen({ port: 0, host: '127.0.0.1' })
  const url = `http://127.0.0.1:${(gateway.app.server.address() as AddressInfo).port}`
  const key = config.apiKeys[0]?.key ?? 'none'
  return {
    ...gateway,
    url,
    folder,
    mapPath,
    logged,
    client: new OpenAI({ baseURL: `${url}/v1`, apiKey: key, maxRetries: 0 }),
    writeMap: next => writeFile(mapPath, stringify(next)),
    post: (path, body, init = {}) =>
      fetch(`${url}${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: typeof body === 'string' ? body : JSON.stringify(body),
        ...init,
      }),
    async [Symbol.asyncDispose]() {
      gateway.app.server.closeAllConnections()
      await gateway.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

export const ask = (content: string, more: object = {}) => ({
  model: 'auto',
  messages: [{ role: 'user', content }],
  ...more,
})

/** A body as whatever it is: a test then says what it must be. */
// biome-ignore lint/suspicious/noExplicitAny: the assertions that follow are the check.
export const json = async (response: Response | Promise<Response>): Promise<any> => (await response).json()
