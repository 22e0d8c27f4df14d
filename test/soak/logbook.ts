import type { LogLine } from './gateway-process.ts'

export type Logbook = {
  read(line: LogLine): void
  swaps(): number
  counts(): ReadonlyMap<string, number>
  /** What a gateway must not say, whatever its experts do. */
  unexpected(): readonly string[]
}

const EXPERT = /Expert "[\w-]+"/g
const SWAPPED = 'a new snapshot is served'

/** What was broken on purpose may be complained of, and what a person is told at start and end. */
const isExpected = ({ level, msg, code, problems }: LogLine) => {
  switch (level) {
    case 'info':
    case 'warn':
      return true
    case 'error':
      return (
        code === 'expert_unauthorized' || problems?.every(problem => problem.includes('map.json')) === true
      )
    default:
      return /^SIGTERM: finishing/.test(msg ?? '')
  }
}

export const createLogbook = (): Logbook => {
  const counts = new Map<string, number>()
  const unexpected = new Map<string, number>()
  const count = (map: Map<string, number>, key: string) => map.set(key, (map.get(key) ?? 0) + 1)
  return {
    counts: () => counts,
    swaps: () => counts.get(`info: ${SWAPPED}`) ?? 0,
    read(line) {
      count(
        counts,
        line.level === 'words'
          ? 'other output'
          : `${line.level}: ${line.msg?.replaceAll(EXPERT, 'an expert')}`,
      )
      if (!isExpected(line)) count(unexpected, JSON.stringify(line).slice(0, 600))
    },
    unexpected: () => [...unexpected].map(([line, times]) => `logged ${times} times: ${line}`),
  }
}
