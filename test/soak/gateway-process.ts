import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'

/** What a process takes of its machine, seen from outside. */
export type Vitals = { readonly rssMb: number; readonly handles: number; readonly threads: number }

export type LogLine = {
  readonly level?: string
  readonly msg?: string
  readonly code?: string
  readonly problems?: string[]
}

export type GatewayProcess = {
  readonly url: string
  /** Undefined where there is no /proc. */
  vitals(): Vitals | undefined
  /** Time that all its threads have computed, in steps of 10 ms; NaN where there is no /proc. */
  cpuMs(): number
  /** Vitals at rest: idle connections have run out, and what nobody holds any more is collected. */
  atRest(): Promise<Vitals | undefined>
  /** Asks it to end as an operator would; its exit code. */
  stop(): Promise<number | null>
}

/** npm runs its scripts there. */
const root = process.cwd()

/**
 * Memory is compared after a full collection: before one, it only says how long ago the last was. The inspector's gives
 * pages back as well, which `gc()` may keep for the next load.
 */
const collector = `data:text/javascript,${encodeURIComponent(`
  import { Session } from 'node:inspector'
  const session = new Session()
  session.connect()
  process.on('SIGUSR2', () => session.post('HeapProfiler.collectGarbage'))
`)}`

/** As the container image and docs/operating.md have it: glibc otherwise keeps the memory of workers that have ended. */
const ALLOCATION = { MALLOC_ARENA_MAX: '1', MALLOC_MMAP_THRESHOLD_: '131072' }

/** The gateway as `npm start` runs it. In a process group of its own, so that Ctrl-C is ours to handle. */
export const startGateway = async (
  environment: Record<string, string>,
  onLog: (line: LogLine) => void,
): Promise<GatewayProcess> => {
  const child = spawn(process.execPath, [`--import=${collector}`, 'dist/main.js', 'serve'], {
    cwd: root,
    env: { ...ALLOCATION, PATH: process.env.PATH, PORT: '0', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  const ended = once(child, 'exit') as Promise<[number | null]>
  const endIt = () => void child.kill('SIGKILL')
  process.once('exit', endIt)
  // It is in a group of its own, and would outlive us.
  for (const signal of ['SIGINT', 'SIGTERM'])
    if (process.listenerCount(signal) === 0) process.once(signal, () => process.exit(130))
  const said: string[] = []
  createInterface(child.stderr).on('line', line => {
    if (said.length < 20) said.push(line)
    onLog(parsed(line))
  })
  const url = await new Promise<string>((resolve, reject) => {
    createInterface(child.stdout).on('line', line => {
      const found = /listens on (http:\S+)\/v1/.exec(line)?.[1]
      if (found !== undefined) resolve(found)
    })
    void ended.then(([code]) =>
      reject(new Error(`the gateway ended with ${code} before it listened:\n${said.join('\n')}`)),
    )
  })
  const pid = child.pid as number
  return {
    url,
    vitals: () => vitalsOf(pid),
    cpuMs: () => cpuOf(pid),
    atRest: () => atRest(pid),
    async stop() {
      child.kill('SIGTERM')
      const [code] = await Promise.race([ended, sleep(20_000, [-1], { ref: false })])
      process.removeListener('exit', endIt)
      if (code === -1) endIt()
      return code ?? null
    },
  }
}

const parsed = (line: string): LogLine => {
  try {
    return JSON.parse(line)
  } catch {
    return { level: 'words', msg: line }
  }
}

const vitalsOf = (pid: number): Vitals | undefined => {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    const number = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1])
    return {
      rssMb: number('VmRSS') / 1024,
      threads: number('Threads'),
      handles: readdirSync(`/proc/${pid}/fd`).length,
    }
  } catch {
    return undefined
  }
}

const cpuOf = (pid: number): number => {
  try {
    // Behind the name, which may have blanks: user and system time are the 14th and 15th field.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? []
    return (Number(fields[11]) + Number(fields[12])) * 10
  } catch {
    return Number.NaN
  }
}

/** Connections that are kept for later are closed after some seconds; then two collections, and the least of some looks. */
const atRest = async (pid: number): Promise<Vitals | undefined> => {
  if (vitalsOf(pid) === undefined) return undefined
  let same = 0
  for (let look = 0, before = 0; look < 30 && same < 6; look++) {
    await sleep(500)
    const handles = vitalsOf(pid)?.handles ?? 0
    same = handles === before && look > 10 ? same + 1 : 0
    before = handles
  }
  const looks: Vitals[] = []
  for (let look = 0; look < 4; look++) {
    process.kill(pid, 'SIGUSR2')
    await sleep(500)
    looks.push(vitalsOf(pid) as Vitals)
  }
  return looks.reduce((least, next) => (next.rssMb < least.rssMb ? next : least))
}
