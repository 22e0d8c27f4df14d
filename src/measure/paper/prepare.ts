import type { Prompt } from '../../experts/model.ts'
import type { Example } from '../../knowledge/context.ts'
import { prepareSnapshot } from '../../knowledge/prepare.ts'
import type { PromptTemplate } from '../../knowledge/prompt.ts'
import type { Snapshot } from '../../knowledge/snapshot.ts'
import type { TaskMap } from '../../knowledge/task-map.ts'
import type { Nearest } from '../../retrieval/protocol.ts'
import { asAsked } from '../../retrieval/text.ts'
import { promptFor } from '../../routing/classify.ts'
import type { RankQuestion } from '../rank/questions.ts'
import { asRequest, type RunDeps } from '../run.ts'
import { type Prompted, prompted } from './modes.ts'
import type { Classifier, PaperPlan, QuestionSet } from './plan.ts'

/** A question with its neighbours, and what a classifier would be shown of it. */
export type Prepared = {
  readonly question: RankQuestion
  readonly nearest: Nearest
  readonly prompts: Readonly<Record<Prompted, Prompt>> | null
}

export type PreparedSet = {
  readonly set: QuestionSet
  readonly snapshot: Snapshot
  readonly asked: readonly Prepared[]
}

export const prepareSets = async (plan: PaperPlan, deps: RunDeps): Promise<PreparedSet[]> => {
  const prepared: PreparedSet[] = []
  for (const set of plan.sets) prepared.push(await prepareSet(set, plan, deps))
  return prepared
}

/** A snapshot as serving would make it, of this set's tasks and its share of examples; and each question's neighbours. */
const prepareSet = async (set: QuestionSet, plan: PaperPlan, deps: RunDeps): Promise<PreparedSet> => {
  const { signal } = new AbortController()
  const texts = set.asked.map(question => asRequest(asAsked(question)))
  const { snapshot, release } = await prepareSnapshot(
    { ...deps, createRetriever: given => deps.createRetriever({ ...given, expected: texts }) },
    {
      text: '',
      map: mapFor(plan.map, set),
      examples: set.context.map(exampleOf),
      keywords: [],
      prompt: plan.classifier?.prompts.withContext ?? noPrompt,
      problems: [],
      files: [],
      version: 'measured',
    },
  )
  try {
    const asked: Prepared[] = []
    for (const [at, question] of set.asked.entries()) {
      const text = texts[at] ?? ''
      const nearest = await snapshot.retriever.nearest(text, signal)
      asked.push({ question, nearest, prompts: promptsFor(snapshot, plan.classifier, text, nearest) })
      deps.onProgress(`set ${set.name}, neighbours`, at + 1, set.asked.length)
    }
    return { set, snapshot, asked }
  } finally {
    release()
  }
}

const noPrompt: PromptTemplate = { fill: () => ({ system: '', user: '' }) }

/** Only the set's tasks, with nothing pinned and nothing measured before. */
const mapFor = ({ unknown: _, ...map }: TaskMap, { tasks }: QuestionSet): TaskMap => ({
  ...map,
  tasks: new Map(
    [...map.tasks]
      .filter(([id]) => tasks.includes(id))
      .map(([id, task]) => [id, { ...task, experts: undefined }]),
  ),
  scores: new Map(),
  ranking: new Map(),
  ...(map.classifier && { classifier: { ...map.classifier, use: 'when-unsure' as const } }),
})

const exampleOf = ({ id, question, options, task }: RankQuestion): Example => ({
  ...{ id, question, options, task },
  answer: undefined,
  source: undefined,
  reply: undefined,
  at: id,
})

const promptsFor = (
  snapshot: Snapshot,
  classifier: Classifier | null,
  text: string,
  nearest: Nearest,
): Prepared['prompts'] => {
  if (classifier === null) return null
  const [withoutContext, withContext] = prompted.map(mode =>
    promptFor({ ...snapshot, prompt: classifier.prompts[mode] }, text, nearest),
  ) as [Prompt, Prompt]
  return { withoutContext, withContext }
}
