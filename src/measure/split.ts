import { createNearIndex, NEAR } from '../knowledge/near.ts'
import type { Text } from '../retrieval/text.ts'
import { seeded, shuffled } from './random.ts'

type Row = Text & { readonly task: string }

/** A part of each task's rows, and the rest. What says nearly the same stays on one side. */
export const shareOf = <T extends Row>(rows: readonly T[], share: number, seed: number) => {
  const random = seeded(seed)
  const first = new Set<T>()
  for (const units of unitsByTask(rows).values()) {
    const total = units.reduce((sum, unit) => sum + unit.length, 0)
    // A task of two rows has one on each side, however small the share.
    let room = Math.min(Math.max(1, Math.round(share * total)), Math.max(1, total - 1))
    for (const unit of shuffled(units, random)) {
      if (unit.length > room) continue
      room -= unit.length
      for (const row of unit) first.add(row)
    }
  }
  return { first: rows.filter(row => first.has(row)), rest: rows.filter(row => !first.has(row)) }
}

/** Rows that are near to each other are one unit, of the task of its first. */
const unitsByTask = <T extends Row>(rows: readonly T[]): Map<string, T[][]> => {
  const index = createNearIndex(rows, NEAR)
  const unitOf = new Map<number, T[]>()
  const tasks = new Map<string, T[][]>()
  for (const [at, row] of rows.entries()) {
    const near = index.nearest(at)
    const unit = near === undefined ? undefined : unitOf.get(near.row)
    index.add(at)
    unitOf.set(at, unit ?? [row])
    if (unit !== undefined) unit.push(row)
    else tasks.set(row.task, (tasks.get(row.task) ?? []).concat([unitOf.get(at) ?? [row]]))
  }
  return tasks
}
