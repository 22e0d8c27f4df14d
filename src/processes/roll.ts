import type { Worker } from 'node:cluster'
import type { Line } from './line.ts'
import type { OfMember } from './protocol.ts'

export type Enrolled = {
  readonly worker: Worker
  readonly line: Line<OfMember>
  readonly since: number
  /** Whether it answers requests. */
  ready: boolean
}

/** The processes there are, and how to reach those that answer. */
export type Roll = {
  readonly all: Set<Enrolled>
  ready(): Enrolled[]
  /** Whoever cannot be reached is ending. */
  tell<Name extends keyof OfMember>(
    to: readonly Enrolled[],
    name: Name,
    ...given: Parameters<OfMember[Name]>
  ): void
  tellRunning(): void
}

export const createRoll = (): Roll => {
  const all = new Set<Enrolled>()
  const ready = () => [...all].filter(member => member.ready)
  const tell: Roll['tell'] = (to, name, ...given) => {
    for (const { line } of to) void line.call(name, given).catch(() => undefined)
  }
  return { all, ready, tell, tellRunning: () => tell(ready(), 'running', ready().length) }
}
