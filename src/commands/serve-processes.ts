import cluster from 'node:cluster'
import type { Logger } from 'pino'
import { createMembers, type Members } from '../processes/members.ts'
import { UsageError } from './command.ts'
import { GRACE_MS, stopSignal } from './serve.ts'

type Options = {
  readonly processes: number
  readonly log: Logger
  print(line: string): void
  complain(line: string): void
}

/** What is given to those that finish, beyond their own time. */
const SLACK_MS = 5_000

/** This process answers nobody: it starts those that do, and passes on to them what it is told. */
export const serveWithProcesses = async ({ processes, log, print, complain }: Options): Promise<number> => {
  if (!cluster.isPrimary) throw new UsageError('--processes cannot be used below another process manager.')
  // Not JSON, which has no numbers that are none: a histogram without values has such.
  cluster.setupPrimary({ serialization: 'advanced' })
  const members = createMembers(processes, log)
  process.on('SIGHUP', members.reload)
  const stopped = stopSignal()
  // The first one alone: what it reads, encodes and fits, the others find on the disk.
  const first = await Promise.race([members.start(), stopped])
  if (typeof first === 'string') return await finish(first, members, complain)
  if ('code' in first) return first.code
  for (let more = 1; more < processes; more++) void members.start()
  const [address, ...rest] = first.banner
  for (const line of [address ?? '', `  processes  ${processes}`, ...rest]) print(line)
  return await finish(await stopped, members, complain)
}

/** Lets all finish what runs. A second signal ends them at once. */
const finish = async (signal: string, members: Members, complain: Options['complain']): Promise<number> => {
  complain(`${signal}: finishing what runs; once more ends at once.`)
  const end = () => {
    members.kill()
    process.exit(130)
  }
  process.once('SIGINT', end)
  process.once('SIGTERM', end)
  const timer = setTimeout(end, GRACE_MS + SLACK_MS)
  const code = await members.stop()
  clearTimeout(timer)
  process.removeListener('SIGINT', end)
  process.removeListener('SIGTERM', end)
  return code
}
