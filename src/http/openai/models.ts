import type { Snapshot } from '../../knowledge/snapshot.ts'
import { type Allowed, notAllowed } from '../../routing/allowed.ts'
import { hasEncoder, MODEL_NAME } from './embeddings.ts'
import { modelNames, modelNotFound } from './target.ts'

/** Models have no date of their own here; clients want a number. */
const CREATED = 1_750_000_000

const toModel = (id: string) => ({ id, object: 'model', created: CREATED, owned_by: 'coe-ops' })

/** The local encoder is no expert, and open to every key. */
const all = (snapshot: Snapshot, allowed: Allowed | undefined) => [
  ...modelNames(snapshot.map, allowed),
  ...(hasEncoder(snapshot) ? [MODEL_NAME] : []),
]

export const listModels = (snapshot: Snapshot, allowed?: Allowed) => ({
  object: 'list',
  data: all(snapshot, allowed).map(toModel),
})

export const getModel = (snapshot: Snapshot, id: string, allowed?: Allowed) => {
  if (all(snapshot, allowed).includes(id)) return toModel(id)
  if (allowed !== undefined && all(snapshot, undefined).includes(id)) {
    throw notAllowed(`the model "${id}"`, allowed)
  }
  throw modelNotFound(snapshot.map, id, allowed)
}
