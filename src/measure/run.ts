import { UNKNOWN } from '../knowledge/map.ts'
import { type Known, type PrepareDeps, prepareSnapshot } from '../knowledge/prepare.ts'
import type { Snapshot } from '../knowledge/snapshot.ts'
import type { Retriever, RetrieverOptions } from '../retrieval/retriever.ts'
import { asAsked } from '../retrieval/text.ts'
import { questionOf } from '../routing/question.ts'
import { type Asked, ask, type Verdict } from './ask.ts'
import type { Damaged, Result } from './figures.ts'
import { type Mean, meanOf } from './mean.ts'
import type { Part } from './parts.ts'
import { damage, type Kind, kinds } from './perturb.ts'
import type { Plan } from './plan.ts'
import { damagedOf, resultOf } from './result.ts'

export type RunDeps = {
  readonly retrievers: PrepareDeps['retrievers']
  readonly createRetriever: (given: Known & Pick<RetrieverOptions, 'expected'>) => Promise<Retriever>
  onProgress(what: string, done: number, total: number): void
}

export type Measured = { readonly name: string; readonly result: Result }

/** Questions whose vectors are not taken from disk, so that encoding them can be timed. */
const TIMED = 300

/** Part after part: a snapshot as serving would make it, and all questions put to it. */
export const run = async (plan: Plan, deps: RunDeps, signal: AbortSignal): Promise<Measured[]> => {
  const measured: Measured[] = []
  for (const part of plan.parts) {
    measured.push({ name: part.name, result: await measure(part, plan, deps, signal) })
  }
  return measured
}

/** Undefined for a single part. */
export const meanOfAll = (measured: readonly Measured[]): Mean | undefined => {
  const [first, ...others] = measured.map(({ result }) => result)
  return first === undefined || others.length === 0 ? undefined : meanOf([first, ...others])
}

const measure = async (part: Part, plan: Plan, deps: RunDeps, signal: AbortSignal): Promise<Result> => {
  const asked = part.questions.map(({ task, ...text }) => ({
    text: asRequest(asAsked(text)),
    truth: plan.map.tasks.has(task) ? task : UNKNOWN,
  }))
  const damaged = plan.perturb ? damageAll(part, asked, plan.seed) : []
  const every = Math.max(1, Math.ceil(asked.length / TIMED))
  const isTimed = (_: unknown, row: number) => row % every === 0
  const expected = [
    ...asked.filter((_, row) => row % every !== 0),
    ...damaged.flatMap(({ questions }) => questions),
  ].map(({ text }) => text)
  const { snapshot, release } = await prepareSnapshot(
    { ...deps, createRetriever: given => deps.createRetriever({ ...given, expected }) },
    { ...plan.sources, map: plan.map, examples: part.context },
  )
  try {
    const { put, counts } = createPut(snapshot, part.name, plan, deps, signal)
    const verdicts = await put(asked, 'asking')
    const result = resultOf(snapshot, verdicts, verdicts.filter(isTimed), counts())
    if (damaged.length === 0) return result
    const perturbed: Record<string, Damaged> = { none: damagedOf(verdicts, verdicts) }
    for (const { kind, questions } of damaged) {
      perturbed[kind] = damagedOf(await put(questions, kind), verdicts)
    }
    return { ...result, perturbed }
  } finally {
    release()
  }
}

/** Puts questions to one snapshot and counts what its classifier was asked. */
const createPut = (snapshot: Snapshot, name: string, plan: Plan, deps: RunDeps, signal: AbortSignal) => {
  let [classifierCalls, classifierFailed] = [0, 0]
  const put = (questions: readonly Asked[], what: string): Promise<Verdict[]> =>
    ask(
      questions,
      {
        snapshot,
        model: plan.model,
        onAsked: (done, total) => deps.onProgress(`${name}, ${what}`, done, total),
        onClassified: outcome => {
          classifierCalls++
          if (outcome !== 'answered') classifierFailed++
        },
      },
      signal,
    )
  return { put, counts: () => ({ classifierCalls, classifierFailed }) }
}

/** What a client sends goes through the same door as a request's message does. */
export const asRequest = (content: string) => questionOf([{ role: 'user', content }])

const damageAll = (
  { questions }: Part,
  asked: readonly Asked[],
  seed: number,
): { kind: Kind; questions: Asked[] }[] =>
  kinds.map(kind => ({
    kind,
    questions: questions.map((question, row) => ({
      text: asRequest(damage(kind, question, seed)),
      truth: asked[row]?.truth ?? UNKNOWN,
    })),
  }))
