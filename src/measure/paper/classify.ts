import type { Prompt } from '../../experts/model.ts'
import { UNKNOWN } from '../../knowledge/map.ts'
import { CLASSIFIER_TOKENS } from '../../routing/classify.ts'
import { decide, type Said, wantsClassifier } from '../../routing/decide.ts'
import { readTask } from '../../routing/read-task.ts'
import type { ExpertRun } from '../rank/expert-run.ts'
import type { Stops } from '../rank/lane-state.ts'
import type { RankQuestion } from '../rank/questions.ts'
import { runRank } from '../rank/run.ts'
import type { RankProgress } from '../rank/watch.ts'
import { type Mode, type Prompted, prompted } from './modes.ts'
import type { PaperPlan } from './plan.ts'
import type { Prepared, PreparedSet } from './prepare.ts'

/** What the classifier said to each question in each mode; nothing where no answer could be had. */
export type Sayings = {
  readonly run: ExpertRun | undefined
  saying(prepared: Prepared, mode: Prompted): string | undefined
}

/**
 * Asks the classifier as an expert is asked: within its limits, again after a failure, and each reply is written down
 * before it counts, by its model and its prompt.
 */
export const askClassifier = async (
  { classifier, ...plan }: PaperPlan,
  sets: readonly PreparedSet[],
  onProgress: (progress: RankProgress) => void,
  stops: Stops,
): Promise<Sayings> => {
  if (classifier === null) return { run: undefined, saying: () => undefined }
  const prompts = new Map<RankQuestion, Prompt>()
  const asking = new Map<Prompt, RankQuestion>()
  for (const { prompts: own, question } of sets.flatMap(({ asked }) => asked)) {
    if (own === null) continue
    for (const mode of prompted) {
      const copy = { ...question }
      prompts.set(copy, own[mode])
      asking.set(own[mode], copy)
    }
  }
  const prompt = (question: RankQuestion) => prompts.get(question) ?? { system: '', user: '' }
  const wanted = {
    ...plan,
    ...{ experts: [classifier.expert], questions: [...prompts.keys()] },
    ...{ prompt, maxTokens: CLASSIFIER_TOKENS },
  }
  const ranked = await runRank(wanted, onProgress, stops)
  const run = ranked.experts.get(classifier.expert)
  const saying = ({ prompts: own }: Prepared, mode: Prompted) => {
    const asked = own === null ? undefined : asking.get(own[mode])
    return asked && run?.answers.get(asked)?.text
  }
  return { run, saying }
}

/** The task of one question by each mode; undefined where the classifier could not be asked. */
export type Told = Readonly<Record<Mode, string | undefined>> & {
  /** Serving would have asked the classifier. */
  readonly isUnsure: boolean
  readonly unreadable: readonly Prompted[]
}

/** What cannot be read is `unknown`; where serving falls back on the neighbours, so does the mode that is as served. */
export const tell = ({ snapshot }: PreparedSet, prepared: Prepared, { saying }: Sayings): Told => {
  const tasks = [...snapshot.map.tasks.values()]
  const { nearest } = prepared
  const isUnsure = wantsClassifier(snapshot, nearest)
  const replies = {
    withoutContext: saying(prepared, 'withoutContext'),
    withContext: saying(prepared, 'withContext'),
  }
  const read = (mode: Prompted) => {
    const reply = replies[mode]
    return reply === undefined ? undefined : (readTask(reply, tasks) ?? 'in vain')
  }
  const [without, withIt] = [read('withoutContext'), read('withContext')]
  const alone = decide(snapshot, nearest, 'nothing').task
  const asServed = withIt === undefined ? undefined : decide(snapshot, nearest, saidBy(withIt)).task
  return {
    withoutContext: taskIn(without),
    withContext: taskIn(withIt),
    whenUnsure: isUnsure ? asServed : alone,
    neighbours: alone,
    isUnsure,
    unreadable: prompted.filter(mode => read(mode) === 'in vain'),
  }
}

const saidBy = (read: string): Said => (read === 'in vain' ? 'in vain' : { task: read })
const taskIn = (read: string | undefined) => (read === 'in vain' ? UNKNOWN : read)
