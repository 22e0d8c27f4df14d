import { isBuiltin, UNKNOWN } from '../../knowledge/map.ts'
import { masked } from '../../knowledge/secrets.ts'
import type { Snapshot } from '../../knowledge/snapshot.ts'
import { wilson } from '../../knowledge/wilson.ts'
import { expertsFor } from '../../routing/order.ts'
import { problemsFrom } from './problems.ts'

/** A map as it may be shown: no key, and of addresses only whose they are. */
export const shownMap = (snapshot: Snapshot, mapPath: string) => {
  const { version, map, text, threshold, warnings } = snapshot
  const { classifier } = map
  return {
    version,
    name: map.name,
    source: masked(text),
    format: text.trimStart().startsWith('{') ? 'json' : 'yaml',
    tasks: [...map.tasks.values()].map(({ id, title, description }) => ({
      id,
      title,
      description,
      experts: expertsFor(map, id),
    })),
    experts: [...map.experts].map(([id, definition]) =>
      isBuiltin(definition)
        ? { id, kind: definition.builtin }
        : {
            id,
            kind: 'openai',
            origin: new URL(definition.url).origin,
            model: definition.model,
            ...(definition.price && { price: definition.price }),
          },
    ),
    scores: scoresOf(snapshot),
    unknown: expertsFor(map, UNKNOWN),
    neighbours: map.neighbours,
    ...(classifier && { classifier: { expert: classifier.expert, use: classifier.use } }),
    threshold: threshold ?? null,
    warnings: problemsFrom(warnings, mapPath),
  }
}

/** With 95 % intervals where it is known how many questions are behind a score. */
const scoresOf = ({ map }: Snapshot) =>
  [...map.scores].flatMap(([expert, byTask]) =>
    [...byTask].map(([task, { accuracy, n }]) => {
      if (n === undefined) return { expert, task, accuracy }
      const [lo, hi] = wilson(accuracy * n, n)
      return { expert, task, accuracy, n, lo: round(lo), hi: round(hi) }
    }),
  )

const round = (share: number) => Math.round(share * 1e4) / 1e4
