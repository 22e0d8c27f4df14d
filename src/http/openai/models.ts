import type { Snapshot } from '../../knowledge/snapshot.ts'
import { hasEncoder, MODEL_NAME } from './embeddings.ts'
import { modelNames, modelNotFound } from './target.ts'

/** Models have no date of their own here; clients want a number. */
const CREATED = 1_750_000_000

const toModel = (id: string) => ({ id, object: 'model', created: CREATED, owned_by: 'coe-ops' })

const all = (snapshot: Snapshot) => [
  ...modelNames(snapshot.map),
  ...(hasEncoder(snapshot) ? [MODEL_NAME] : []),
]

export const listModels = (snapshot: Snapshot) => ({ object: 'list', data: all(snapshot).map(toModel) })

export const getModel = (snapshot: Snapshot, id: string) => {
  if (!all(snapshot).includes(id)) throw modelNotFound(snapshot.map, id)
  return toModel(id)
}
