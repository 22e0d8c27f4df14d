import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { root } from './gateway.ts'

/** `coe-ops serve` as a process of its own, whether it comes to listen or not. */
export const spawnServe = (
  mapPath: string,
  environment: Record<string, string> = {},
  options: readonly string[] = [],
) =>
  spawn(process.execPath, ['dist/main.js', 'serve', ...options], {
    cwd: root,
    env: {
      PATH: process.env.PATH,
      PORT: '0',
      COE_MAP: mapPath,
      COE_ENCODER: 'lexical',
      COE_DATA: join(mapPath, '../data'),
      ...environment,
    },
  })

/** The same, once it listens. */
export const startServe = async (...given: Parameters<typeof spawnServe>) => {
  const child = spawnServe(...given)
  let out = ''
  let errors = ''
  child.stderr.on('data', data => (errors += data))
  const ended = once(child, 'exit') as Promise<[number | null]>
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout.on('data', data => {
      out += data
      const found = /listens on (http:\S+)\/v1/.exec(out)?.[1]
      if (found !== undefined && out.includes('Try:')) resolve(found)
    })
    void ended.then(([code]) => reject(new Error(`ended with ${code}: ${errors}`)))
  })
  return { child, url, ended, out: () => out, errors: () => errors }
}
