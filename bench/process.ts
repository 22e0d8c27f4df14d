import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { scratch } from './place.ts'

/** Something that runs beside the measurement and is ended with it. */
export type Running = { readonly pid: number; stop(): Promise<void> }

export type Start = {
  readonly name: string
  readonly command: readonly [string, ...string[]]
  readonly environment?: Record<string, string>
  readonly cwd?: string
  /** Answers anything at all as soon as it is ready. */
  readonly url: string
  readonly withinMs?: number
}

// Whoever is ended in the middle takes along what it started: that is done when it exits, which a signal alone is not.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))

let started = 0

/** Starts a process with its output in a file, and waits until it answers. */
export const start = async ({ name, command, environment = {}, cwd, url, withinMs = 60_000 }: Start) => {
  const logPath = join(scratch, `${name.replace(/\W/g, '-')}-${started++}.log`)
  const output = openSync(logPath, 'a')
  const [file, ...args] = command
  const { PATH, HOME } = process.env
  const child = spawn(file, args, {
    cwd,
    env: { PATH, HOME, NODE_ENV: 'production', ...environment },
    stdio: ['ignore', output, output],
  })
  closeSync(output)
  const endIt = () => void child.kill('SIGKILL')
  process.once('exit', endIt)
  const stop = async () => {
    process.removeListener('exit', endIt)
    await end(child)
  }
  try {
    await answering(child, url, withinMs)
  } catch (error) {
    await stop()
    const said = readFileSync(logPath, 'utf8').split('\n').slice(-8).join('\n')
    throw new Error(`${name} does not start: ${error instanceof Error ? error.message : error}\n${said}`)
  }
  return { pid: child.pid as number, stop }
}

const answering = async (child: ChildProcess, url: string, withinMs: number) => {
  for (const until = Date.now() + withinMs; Date.now() < until; await sleep(100)) {
    if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}`)
    const answered = await fetch(url, { signal: AbortSignal.timeout(2_000) }).catch(() => undefined)
    await answered?.body?.cancel()
    if (answered !== undefined) return
  }
  throw new Error(`${url} answers nothing`)
}

const end = async (child: ChildProcess) => {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), 10_000)
  await ended
  clearTimeout(timer)
}

export const freePort = () =>
  new Promise<number>((resolve, reject) => {
    const server = createServer().once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })

/** Resident memory in MB; undefined where there is no /proc. */
export const residentMb = (pid: number): number | undefined => {
  try {
    return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024
  } catch {
    return undefined
  }
}

/** Processor time used so far, by all threads, in ms; undefined where there is no /proc. */
export const cpuMs = (pid: number): number | undefined => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    // utime and stime, in ticks of 10 ms.
    return 10 * (Number(fields[11]) + Number(fields[12]))
  } catch {
    return undefined
  }
}
