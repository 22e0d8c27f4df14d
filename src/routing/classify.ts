import { GatewayError } from '../errors.ts'
import type { Model } from '../experts/model.ts'
import { UNKNOWN } from '../knowledge/map.ts'
import type { Snapshot } from '../knowledge/snapshot.ts'
import type { Nearest } from '../retrieval/protocol.ts'
import type { Said } from './decide.ts'
import type { Events } from './events.ts'
import { fenced } from './fence.ts'
import { readTask } from './read-task.ts'
import { shownExamples } from './shown.ts'

const QUESTION_CHARS = 6_000
/** Room for a short thought before the answer. */
export const CLASSIFIER_TOKENS = 400

/** Asks the classifier; whatever goes wrong there is "in vain", never a failed request. */
export const classify = async (
  snapshot: Snapshot,
  model: Model,
  question: string,
  nearest: Nearest,
  hop: number,
  events: Events,
  signal: AbortSignal,
): Promise<Said> => {
  const began = performance.now()
  try {
    const tasks = [...snapshot.map.tasks.values()]
    const wanted = {
      prompt: promptFor(snapshot, question, nearest),
      maxTokens: CLASSIFIER_TOKENS,
      tasks: [...tasks.map(({ id }) => id), UNKNOWN],
    }
    const task = readTask(await model.complete(wanted, hop, signal), tasks)
    events.classified(task === undefined ? 'unreadable' : 'answered', performance.now() - began)
    return task === undefined ? 'in vain' : { task }
  } catch (error) {
    if (signal.aborted) throw error
    events.classified(wasNotAsked(error) ? 'skipped' : 'failed', performance.now() - began)
    return 'in vain'
  }
}

/** Its breaker is open, or too many wait for it. */
const wasNotAsked = (error: unknown) => error instanceof GatewayError && error.code === 'expert_busy'

/** The system part is the same for every question, so that endpoints can keep it and no question can change it. */
export const promptFor = (snapshot: Snapshot, question: string, nearest: Nearest) =>
  snapshot.prompt.fill({
    tasks: [...snapshot.map.tasks.values()]
      .map(task => `- ${task.id}: ${meaningOf(task)}`)
      .concat(`- ${UNKNOWN}: fits none of the above`)
      .join('\n'),
    examples: shownExamples(snapshot, nearest) || '(none)',
    question: fenced('question', `\n${question}\n`, QUESTION_CHARS),
  })

/** A title that only repeats the id or begins the description costs tokens and says nothing. */
const meaningOf = ({ id, title, description }: { id: string; title: string; description: string }) => {
  const bare = (text: string) => text.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, '')
  const says = bare(title) !== bare(id) || description === ''
  return [...(says ? [title] : []), ...(description === '' ? [] : [description])]
    .join('. ')
    .replace(/\s+/g, ' ')
}
