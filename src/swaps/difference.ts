import { isDeepStrictEqual } from 'node:util'
import type { Snapshot } from '../knowledge/snapshot.ts'
import { expertsFor } from '../routing/order.ts'

type Named = { readonly added: string[]; readonly removed: string[]; readonly changed: string[] }

export type Difference = { readonly experts: Named; readonly tasks: Named }

/** What another map adds, takes away and changes, by name. A task has changed too when others would answer it. */
export const differenceOf = (before: Snapshot, after: Snapshot): Difference => {
  const tasksOf = ({ map }: Snapshot) =>
    new Map([...map.tasks].map(([id, task]) => [id, { ...task, order: expertsFor(map, id) }]))
  return {
    experts: named(before.map.experts, after.map.experts),
    tasks: named(tasksOf(before), tasksOf(after)),
  }
}

const named = (before: ReadonlyMap<string, unknown>, after: ReadonlyMap<string, unknown>): Named => ({
  added: [...after.keys()].filter(id => !before.has(id)),
  removed: [...before.keys()].filter(id => !after.has(id)),
  changed: [...after]
    .filter(([id, one]) => before.has(id) && !isDeepStrictEqual(one, before.get(id)))
    .map(([id]) => id),
})
