import { availableParallelism } from 'node:os'
import type { Example } from '../../knowledge/context.ts'
import { prepareSnapshot } from '../../knowledge/prepare.ts'
import { asAsked } from '../../retrieval/text.ts'
import { ask, type Verdict } from '../ask.ts'
import type { Part } from '../parts.ts'
import type { Plan } from '../plan.ts'
import { asRequest, type RunDeps } from '../run.ts'
import type { Classified, Field, Fold } from './field.ts'
import type { ReplayPlan } from './plan.ts'

/** Parts that are prepared and asked side by side: each takes a core, and the memory of a context. */
const AT_ONCE = Math.min(2, availableParallelism())

/** Each question decided as serving would decide it, once, whoever answers then. */
export const classifyAll = async (plan: ReplayPlan, deps: RunDeps, signal: AbortSignal): Promise<Field> => {
  const { classify, table, foldOf, questions } = plan
  const places = new Map(questions.map((question, place) => [question, place]))
  const found: Classified[][] = []
  let done = 0
  const onAsked = () => deps.onProgress('asking', ++done, questions.length)
  const parts = [...classify.parts.entries()]
  const work = async () => {
    for (let next = parts.shift(); next !== undefined; next = parts.shift()) {
      const [at, part] = next
      found[at] = await classifyPart(part, classify, { places, onAsked }, deps, signal)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
  return { questions: found.flat(), folds: foldsBy(foldOf, judged(table.outcomes)), ...table }
}

const classifyPart = async (
  part: Part,
  plan: Plan,
  { places, onAsked }: { places: ReadonlyMap<Example, number>; onAsked(): void },
  deps: RunDeps,
  signal: AbortSignal,
): Promise<Classified[]> => {
  const asked = part.questions.map(({ task, ...text }) => ({ text: asRequest(asAsked(text)), truth: task }))
  const { snapshot, release } = await prepareSnapshot(
    {
      ...deps,
      createRetriever: given => deps.createRetriever({ ...given, expected: asked.map(({ text }) => text) }),
    },
    { ...plan.sources, map: plan.map, examples: part.context },
  )
  try {
    const asking = { snapshot, model: undefined, onAsked, onClassified: () => undefined }
    const verdicts = await ask(asked, asking, signal)
    return verdicts.map(verdict => classified(verdict, part.context, places))
  } finally {
    release()
  }
}

const classified = (
  { truth, task, decidedBy, neighbours }: Verdict,
  context: readonly Example[],
  places: ReadonlyMap<Example, number>,
): Classified => ({
  truth,
  task,
  decidedBy,
  neighbours: neighbours.flatMap(row => {
    const example = context[row]
    return (example === undefined ? undefined : places.get(example)) ?? []
  }),
})

/** Questions that every expert was asked: the others cannot be looked up, whoever is chosen. */
const judged = (outcomes: readonly Int8Array[]) => (row: number) =>
  outcomes.every(column => (column[row] ?? -1) >= 0)

const foldsBy = (foldOf: Uint8Array, isJudged: (row: number) => boolean): Fold[] => {
  const rows = [...foldOf.keys()]
  return [...new Set(foldOf)].sort().map(fold => ({
    train: rows.filter(row => foldOf[row] !== fold),
    test: rows.filter(row => foldOf[row] === fold && isJudged(row)),
  }))
}
